import { Effect } from "effect"
import { VmnetError } from "../errors/VmnetError.ts"
import { Ledger } from "../ledger/Ledger.ts"
import { resourcesOf } from "../ledger/ResourceRow.ts"
import { has } from "../resource/drift.ts"
import type { Drivers } from "../resource/Drivers.ts"
import { describeResource } from "../resource/identity.ts"
import { driftWords } from "./check/driftWords.ts"
import { type Inspected, inspectAll, isToBeLookedAt, standsByItself } from "./check/inspectAll.ts"
import { ownNetns } from "../resource/guestNetns.ts"

/**
 * What of a VM's own objects is not there as ours any more. A quick look: only at what stands by itself, and at a
 * container's addresses and routes, which others than us work on too; one that has another MTU than was planned is there
 * all the same. `check` looks closer.
 */
export const lostOf = Effect.fnUntraced(function* (drivers: Drivers, vm: string) {
  const ledger = yield* Ledger
  const owned = yield* ledger.transact(`look up ${vm}`, (tx) => resourcesOf(tx, vm))
  const isOwn = ownNetns(owned.map(({ resource }) => resource))
  const looked = owned.filter((one) => isToBeLookedAt(one) && (standsByItself(one) || !isOwn(one.resource.netns)))
  const found = yield* inspectAll(drivers, vm, looked, owned)
  return found.filter(isLost)
})

const isLost = ({ drift }: Inspected): boolean =>
  drift !== null && (drift._tag !== "Altered" || ["alias", "name", "ports", "entries"].some((what) => has(drift, what)))

/** A VM that is on record as up, and is not. */
export const notWhole = (vm: string, lost: ReadonlyArray<Inspected>): VmnetError => {
  const objects = lost.map(
    ({ drift, owned }) => `${describeResource(owned.resource)} ${drift === null ? "" : driftWords(drift)}`
  )
  return new VmnetError({
    code: "VM_CONFLICT",
    detail: `${vm} is on record as up, but ${objects.slice(0, 3).join(", ")}${objects.length > 3 ? ", ..." : ""}`,
    hint: `Somebody changed it behind vmnet's back. Put it back with: vmnet repair ${vm}. Or take it down and up again: vmnet down ${vm}`,
    details: { vm, objects }
  })
}
