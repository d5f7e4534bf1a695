import { Effect } from "effect"
import { Ledger } from "../../ledger/Ledger.ts"
import { allOrphans } from "../../ledger/OrphanRow.ts"
import { lostParameter, lostWords } from "../../rebuild/lost.ts"
import type { Collector } from "./Collector.ts"
import { inUse, leaseOf, notOwned, only } from "./GcLine.ts"

/**
 * VMs whose record was lost. Who had made them, and for whom, was in the record: nobody can prove that they are of no use
 * any more, so they stay until somebody who knows takes them down.
 */
export const collectOrphans: Collector = Effect.fnUntraced(function* () {
  const ledger = yield* Ledger
  const { lost, orphans } = yield* ledger.transact("look for orphans", (tx) => ({
    orphans: allOrphans(tx),
    lost: lostParameter(tx)
  }))
  const parameter = lost === undefined ? [] : [notOwned({ vm: null, kind: "Sysctl", name: lost }, lostWords(lost))]
  return only(
    ...orphans.map(({ vm }) => inUse(leaseOf(vm), `its record was lost; vmnet down ${vm} takes it down`)),
    ...parameter
  )
})
