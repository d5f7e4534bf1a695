import { Context, Effect } from "effect"

/** One step of a verb as it begins; `vmnet` shows them on stderr. */
export interface ProgressStep {
  readonly vm: string
  /** In words: `reserve`, `create bridge vmb1`, `delete 6 objects`. */
  readonly step: string
}

/** Where steps are reported to; nowhere by default. */
export const Progress = Context.Reference<(step: ProgressStep) => Effect.Effect<void>>("@vmnet/core/Progress", {
  defaultValue: () => () => Effect.void
})
