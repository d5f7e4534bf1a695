import { Effect } from "effect"
import { deleteOrphan } from "../ledger/OrphanRow.ts"
import { Ledger } from "../ledger/Ledger.ts"
import { keepResources, resourcesOf } from "../ledger/ResourceRow.ts"
import { teardown } from "../plan/teardown.ts"
import type { Drivers } from "../resource/Drivers.ts"
import { checkHostRights } from "./checkHost.ts"

/**
 * Takes down a VM whose record was lost: what was found of it, and found again to carry its tag. What cannot be removed is
 * kept, as with any other VM.
 */
export const detachOrphan = Effect.fnUntraced(function* (drivers: Drivers, vm: string) {
  const ledger = yield* Ledger
  const owned = yield* ledger.transact(`look up ${vm}`, (tx) => resourcesOf(tx, vm))
  if (owned.some(({ resource }) => resource.kind !== "Helper")) yield* checkHostRights
  const report = yield* teardown(drivers, vm, owned)
  yield* ledger.transact(`forget ${vm}`, (tx) =>
    report.left.length === 0 ? deleteOrphan(tx, vm) : keepResources(tx, vm, report.left)
  )
  return report
}, Effect.uninterruptible)
