import { Effect } from "effect"
import type { OpsError } from "../errors/OpsError.ts"
import type { OwnedResource } from "../ledger/ResourceRow.ts"
import type { NatFinding, NatOps, NatSnapshot } from "../ops/NatOps.ts"
import { altered, difference, foreign, missing } from "./drift.ts"
import type { Drift } from "./Driver.ts"
import { resourceName } from "./identity.ts"
import type { NatElementResource, NatLayoutResource } from "./Resource.ts"

type Layout = NatSnapshot["layout"]

/** The rules as a whole are read only where one of the resources is about them: the layout, or a slot. */
export const inspectNat = Effect.fnUntraced(function* (
  ops: NatOps["Service"],
  resources: ReadonlyArray<OwnedResource>
): Effect.fn.Return<ReadonlyArray<Drift | null>, OpsError> {
  const { netns } = resources[0]!.resource
  const elements = resources.flatMap(({ resource }) => (resource.kind === "NatElement" ? [resource.element] : []))
  const findings = elements.length === 0 ? [] : [...(yield* ops.find(netns, elements))]
  const layout = resources.some(hasRules) ? (yield* ops.snapshot(netns)).layout : "present"
  return resources.map((owned) => {
    const resource = owned.resource as NatElementResource | NatLayoutResource
    if (resource.kind === "NatLayout") return layoutDrift(layout)
    const drift = elementDrift(resourceName(resource), owned.owner, findings.shift()!)
    return resource.element._tag === "Slot" ? slotDrift(drift, layout) : drift
  })
})

const hasRules = ({ resource }: OwnedResource): boolean =>
  resource.kind === "NatLayout" || (resource.kind === "NatElement" && resource.element._tag === "Slot")

const layoutDrift = (layout: Layout): Drift | null =>
  layout === "absent" ? missing : altered(difference("rules", "as made", layout === "present" ? "as made" : "changed"))

const elementDrift = (key: string, owner: string, finding: NatFinding): Drift | null => {
  if (finding._tag === "Absent") return missing
  if (finding.owner !== owner) return foreign("firewall entry", finding.owner)
  if (finding._tag === "Present") return null
  if (finding.stranger !== undefined) return foreign("firewall entry", finding.stranger)
  return altered(difference("entries", key, finding.detail))
}

/** A slot comes with its table: with rules there and none of its entries, it is not missing but emptied. */
const slotDrift = (drift: Drift | null, layout: Layout): Drift | null => {
  if (layout === "absent") return missing
  if (drift?._tag === "Missing") return altered(difference("entries", "all", "none"))
  return drift ?? layoutDrift(layout)
}
