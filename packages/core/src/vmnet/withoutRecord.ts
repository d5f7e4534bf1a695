import { Effect } from "effect"
import type { VmnetError } from "../errors/VmnetError.ts"
import { Ledger } from "../ledger/Ledger.ts"
import { orOverCopy } from "../ledger/orOverCopy.ts"

/**
 * Does a verb over a copy of the ledger in memory where the ledger itself takes no writes. The verb is the same, and so is
 * what it reads before it deletes.
 */
const overStandIn = <A, R>(
  verb: Effect.Effect<A, VmnetError, R>,
  report: (error: VmnetError) => Effect.Effect<void>
): Effect.Effect<A, VmnetError, R | Ledger> =>
  Effect.flatMap(Ledger, (ledger) =>
    orOverCopy(ledger, verb, (copy, error) =>
      Effect.tap(Effect.provideService(verb, Ledger, copy), () => report(error))
    )
  )

/** Nothing is lost by reading a copy. */
export const readingAnyway = <A, R>(verb: Effect.Effect<A, VmnetError, R>) => overStandIn(verb, () => Effect.void)

/** What is gone is gone; the record still says otherwise, until somebody who can write to it does the same again. */
export const removingAnyway = <A, R>(verb: Effect.Effect<A, VmnetError, R>) =>
  overStandIn(verb, (error) =>
    Effect.logWarning(
      `${error.message}; what was taken down is gone but still on record: once the ledger can be written, run the same command again`
    )
  )
