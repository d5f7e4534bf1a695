import { Effect } from "effect"
import { stepError } from "../errors/stepError.ts"
import { VmnetError } from "../errors/VmnetError.ts"
import { Ledger } from "../ledger/Ledger.ts"
import { type OwnedResource, resourcesOf } from "../ledger/ResourceRow.ts"
import type { Resource } from "../resource/Resource.ts"
import type { Presence } from "../resource/Driver.ts"
import { batches, type Drivers, familyOf } from "../resource/Drivers.ts"
import { describeResource } from "../resource/identity.ts"

/** A resource on record, and what is found in its place now. */
export interface Observed {
  readonly owned: OwnedResource
  readonly presence: Presence
}

/**
 * What stands in the place of a subject's own resources. What is configured on a link of a guest's namespace is the
 * guest's business, so only what stands by itself is looked up.
 */
export const observe = Effect.fnUntraced(function* (drivers: Drivers, subject: string) {
  const ledger = yield* Ledger
  const owned = yield* ledger.transact(`look up ${subject}`, (tx) => resourcesOf(tx, subject))
  const standing = owned.filter(({ resource, state }) => state === "present" && standsByItself(resource))
  const found = yield* Effect.forEach(batches(standing), (batch) =>
    Effect.mapBoth(drivers[familyOf(batch[0]!.resource)].find(batch), {
      onFailure: (error) => stepError(subject, "look up its objects", error),
      onSuccess: (presences) => batch.map((owned, index): Observed => ({ owned, presence: presences[index]! }))
    })
  )
  return found.flat()
})

const standsByItself = ({ kind }: Resource): boolean => !onLinks.has(kind)

const onLinks: ReadonlySet<Resource["kind"]> = new Set(["Address", "Route", "Neighbour", "Sysctl"])

/** A VM that is on record as up, and is not. */
export const notWhole = (vm: string, missing: ReadonlyArray<Observed>): VmnetError => {
  const objects = missing.map(({ owned, presence }) => `${describeResource(owned.resource)} is ${words[presence]}`)
  return new VmnetError({
    code: "VM_CONFLICT",
    detail: `${vm} is on record as up, but ${objects.slice(0, 3).join(", ")}${objects.length > 3 ? ", ..." : ""}`,
    hint: `Somebody changed it behind vmnet's back. Take it down and up again: vmnet down ${vm}`,
    details: { vm, objects }
  })
}

const words: Readonly<Record<Presence, string>> = {
  absent: "missing",
  ours: "present",
  broken: "broken",
  untagged: "not known to be ours any more",
  foreign: "somebody else's"
}
