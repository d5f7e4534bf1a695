import { Effect } from "effect"
import { stepError } from "../../errors/stepError.ts"
import type { OwnedResource } from "../../ledger/ResourceRow.ts"
import { netnsKey } from "../../ops/Netns.ts"
import type { Drift } from "../../resource/Driver.ts"
import { missing } from "../../resource/drift.ts"
import { type Drivers, familyOf } from "../../resource/Drivers.ts"
import { ownNetns } from "../../resource/guestNetns.ts"
import type { Resource } from "../../resource/Resource.ts"

/** A resource on record, and how it is not as planned. */
export interface Inspected<Owned extends OwnedResource = OwnedResource> {
  readonly owned: Owned
  readonly drift: Drift | null
}

const onDevices: ReadonlySet<Resource["kind"]> = new Set(["Address", "Route", "Neighbour", "Sysctl"])

/** What is there by itself, and not on a device. */
export const standsByItself = ({ resource }: OwnedResource): boolean => !onDevices.has(resource.kind)

/** What is only about to be made is no part of the host yet. */
export const isToBeLookedAt = ({ state }: OwnedResource): boolean => state !== "intent"

/**
 * Looks at resources of any plans, in as few calls as there are kinds of them and namespaces. Of a namespace that is gone
 * nothing is there. A guest's own that cannot be entered may only have lost its name: whether it is gone is told by the
 * device that leads there.
 */
export const inspectAll = Effect.fnUntraced(function* <Owned extends OwnedResource>(
  drivers: Drivers,
  subject: string,
  resources: ReadonlyArray<Owned>,
  plan: ReadonlyArray<OwnedResource> = resources
) {
  const places = Map.groupBy(resources, ({ resource }) => `${familyOf(resource)} ${netnsKey(resource.netns)}`)
  const found = new Map<Owned, Drift | null>()
  const isOwn = ownNetns(plan.map(({ resource }) => resource))
  for (const batch of places.values()) {
    const { netns } = batch[0]!.resource
    const drifts = yield* drivers[familyOf(batch[0]!.resource)]
      .inspect(batch, plan)
      .pipe(
        Effect.catch((error) =>
          error.reason === "Missing" && netns._tag !== "Host"
            ? Effect.succeed(batch.map(({ state }) => (isOwn(netns) || state === "repairing" ? missing : null)))
            : Effect.fail(stepError(subject, "look up its objects", error))
        )
      )
    for (const [index, owned] of batch.entries()) found.set(owned, drifts[index]!)
  }
  return resources.map((owned): Inspected<Owned> => ({ owned, drift: found.get(owned)! }))
})
