import { Effect } from "effect"
import type { OwnedResource } from "../ledger/ResourceRow.ts"
import type { NatElement } from "../ops/NatElement.ts"
import type { NatChange, NatFinding, NatOps } from "../ops/NatOps.ts"
import type { Driver, Presence } from "./Driver.ts"
import { inspectNat } from "./inspectNat.ts"
import type { NatElementResource, NatLayoutResource } from "./Resource.ts"

/** The firewall layout and its elements, through `NatOps`: each call is one transaction in one namespace. */
export const makeNatDriver = (ops: NatOps["Service"]): Driver => ({
  apply: (resources) => ops.apply(netnsOf(resources), resources.map(addition)),
  remove: (resources) => ops.apply(netnsOf(resources), resources.map(removal)),
  inspect: (resources) => inspectNat(ops, resources),
  mend: (owned) => ops.apply(owned.resource.netns, [restoration(owned)]),
  find: Effect.fnUntraced(function* (resources) {
    const elements = resources.map(elementOf).filter((element) => element !== undefined)
    const findings = elements.length === 0 ? [] : yield* ops.find(netnsOf(resources), elements)
    const layout = elements.length === resources.length ? "absent" : (yield* ops.snapshot(netnsOf(resources))).layout
    let next = 0
    return resources.map((owned): Presence =>
      elementOf(owned) === undefined
        ? layout === "absent"
          ? "absent"
          : "ours"
        : presence(findings[next++]!, owned.owner)
    )
  })
})

const natResource = ({ resource }: OwnedResource) => resource as NatLayoutResource | NatElementResource

const netnsOf = (resources: ReadonlyArray<OwnedResource>) => resources[0]!.resource.netns

const elementOf = (owned: OwnedResource): NatElement | undefined => {
  const resource = natResource(owned)
  return resource.kind === "NatElement" ? resource.element : undefined
}

const addition = (owned: OwnedResource): NatChange => {
  const element = elementOf(owned)
  return element === undefined ? { _tag: "AddLayout" } : { _tag: "AddElement", element, owner: owned.owner }
}

const restoration = (owned: OwnedResource): NatChange => {
  const element = elementOf(owned)
  return element === undefined ? { _tag: "RestoreLayout" } : { _tag: "RestoreElement", element, owner: owned.owner }
}

/** Where a first attempt has failed, somebody may have taken a part of it or put his own in its place: ours goes. */
const removal = (owned: OwnedResource): NatChange => {
  const element = elementOf(owned)
  if (element === undefined) return { _tag: "DeleteLayout" }
  return owned.begun === true
    ? { _tag: "RemoveElement", element, owner: owned.owner }
    : { _tag: "DeleteElement", element }
}

/** One of which any part is ours is. */
const presence = (finding: NatFinding, owner: string): Presence => {
  if (finding._tag === "Absent") return "absent"
  if (finding._tag === "Present") return finding.owner === owner ? "ours" : "foreign"
  return finding.owner === owner || finding.stranger === owner ? "broken" : "foreign"
}
