import { Effect } from "effect"
import { VmnetError } from "../../errors/VmnetError.ts"
import { now } from "../now.ts"
import type { GcOptions } from "../Vmnet.ts"

/** Seconds. */
export const defaultTimeout = 60

/** One collection: what was asked for, and what is known so far. */
export interface GcRun {
  readonly dryRun: boolean
  readonly forceHeuristic: boolean
  /** Seconds. */
  readonly timeout: number
  /** Epoch milliseconds: nothing is begun afterwards. What is begun comes to its end, its steps are bounded. */
  readonly deadline: number
  /** The subjects that are gone, or would be: who only they kept alive can go too. */
  readonly doomed: Set<string>
}

export const startRun = Effect.fnUntraced(function* ({ dryRun, forceHeuristic = false, timeout }: GcOptions) {
  const seconds = timeout ?? defaultTimeout
  if (!(seconds > 0 && Number.isFinite(seconds))) return yield* badTimeout
  const deadline = (yield* now) + Math.floor(seconds * 1000)
  return { dryRun, forceHeuristic, timeout: seconds, deadline, doomed: new Set() } satisfies GcRun
})

const badTimeout = Effect.fail(
  new VmnetError({ code: "BAD_INPUT", detail: "the time gc may take must be a positive number of seconds" })
)

export const isOver = ({ deadline }: GcRun): Effect.Effect<boolean> => Effect.map(now, (time) => time >= deadline)

/** `BUSY`: the same command again goes on where this one stopped. */
export const timeRanOut = ({ timeout }: GcRun, left: number): VmnetError =>
  new VmnetError({
    code: "BUSY",
    detail: `time ran out after ${timeout} s: ${left} of what there is was not looked at`,
    hint: "Run vmnet gc again, or give it longer with --timeout SECONDS.",
    details: { timeout, left }
  })
