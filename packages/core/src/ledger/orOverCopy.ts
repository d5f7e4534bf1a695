import { Effect } from "effect"
import { VmnetError } from "../errors/VmnetError.ts"
import type { Ledger } from "./Ledger.ts"
import { isUnwritable } from "./ledgerErrors.ts"

/**
 * Does `self`, and where `ledger` takes no writes `over` a copy of it in memory, from the beginning: what was done before
 * the write failed is found done. Nobody else can write to the real one either, so nobody else is at work. Where there is
 * no copy to be had, it fails as `self` did.
 */
export const orOverCopy = <A, E, R, F, S>(
  { recovery }: Ledger["Service"],
  self: Effect.Effect<A, E | VmnetError, R>,
  over: (copy: Ledger["Service"], error: VmnetError) => Effect.Effect<A, F, S>
): Effect.Effect<A, E | F | VmnetError, R | S> =>
  Effect.catch(self, (error): Effect.Effect<A, E | F | VmnetError, S> => {
    if (recovery === undefined || !(error instanceof VmnetError) || !isUnwritable(error)) return Effect.fail(error)
    return Effect.scoped(Effect.flatMap(recovery.standIn, (copy) => over(copy, error)))
  })
