import { Clock, Effect } from "effect"

/** Epoch milliseconds, whole: a clock may have parts of them, a column of the ledger has not. */
export const now: Effect.Effect<number> = Effect.map(Clock.currentTimeMillis, Math.floor)
