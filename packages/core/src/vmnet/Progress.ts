import { Context, Effect } from "effect"

/** One step of a verb as it begins; `vmnet` shows them on stderr. */
export interface ProgressStep {
  /** Where it is one for several VMs, `vm1 and 63 more`. */
  readonly vm: string
  /** In words: `reserve`, `create bridge vmb1`, `delete 6 objects`. */
  readonly step: string
  /** Of a verb about several VMs, how far all of it is: 0 to 1. */
  readonly fraction?: number
}

/** Where steps are reported to; nowhere by default. */
export const Progress = Context.Reference<(step: ProgressStep) => Effect.Effect<void>>("@vmnet/core/Progress", {
  defaultValue: () => () => Effect.void
})
