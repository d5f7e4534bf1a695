import type { OwnedResource } from "../../ledger/ResourceRow.ts"
import { netnsKey } from "../../ops/Netns.ts"
import { carries, goesWith } from "../../resource/identity.ts"
import type { Resource } from "../../resource/Resource.ts"
import type { Inspected } from "./inspectAll.ts"

/**
 * What a resource does not outlive, in the words of `carries`. A veth goes with the namespace of its other end too, and a
 * user-mode network that runs on serves nobody without the device and the namespace it was started for.
 */
export const dependsOn = (resource: Resource): ReadonlyArray<string> => {
  const netns = netnsKey(resource.netns)
  if (resource.kind === "Veth") return [...goesWith(resource), `netns ${netnsKey(resource.peer.netns)}`]
  if (resource.kind !== "Helper" || resource.spec.helper === "namespace") return goesWith(resource)
  return [`netns ${netns}`, `${netns} ${resource.spec.link}`]
}

/** Everything that does not outlive these, directly or by way of something else. */
export const carriedBy = <Owned extends OwnedResource>(
  carriers: ReadonlyArray<OwnedResource>,
  plan: ReadonlyArray<Owned>
): ReadonlyArray<Owned> => {
  const keys = new Set(carriers.flatMap(({ resource }) => carries(resource)))
  const carried = new Set<Owned>()
  for (let before = -1; before !== carried.size;) {
    before = carried.size
    for (const owned of plan) {
      if (!dependsOn(owned.resource).some((key) => keys.has(key))) continue
      carried.add(owned)
      for (const key of carries(owned.resource)) keys.add(key)
    }
  }
  return [...carried].filter((owned) => !carriers.includes(owned))
}

/** A drift that stands for itself, and how many objects went with it that stand for nothing else. */
export interface Root<Owned extends OwnedResource> extends Inspected<Owned> {
  readonly carried: number
}

const isGone = ({ drift }: Inspected): boolean => drift?._tag === "Missing" || drift?._tag === "Foreign"

/** Whatever a missing object carried went with it, and is not told once more. */
export const rootsOf = <Owned extends OwnedResource>(
  found: ReadonlyArray<Inspected<Owned>>
): ReadonlyArray<Root<Owned>> => {
  const gone = new Map(
    found.filter(isGone).flatMap((one) => carries(one.owned.resource).map((key) => [key, one] as const))
  )
  const rootOf = (one: Inspected<Owned>): Inspected<Owned> => {
    const carrier = dependsOn(one.owned.resource).flatMap((key) => gone.get(key) ?? [])[0]
    return carrier === undefined || carrier === one ? one : rootOf(carrier)
  }
  const drifted = found.filter(({ drift }) => drift !== null)
  const counts = Map.groupBy(drifted, rootOf)
  return drifted.flatMap((one) =>
    rootOf(one) === one ? [{ ...one, carried: (counts.get(one)?.length ?? 1) - 1 }] : []
  )
}
