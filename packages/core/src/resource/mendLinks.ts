import { Effect, Struct } from "effect"
import { OpsError } from "../errors/OpsError.ts"
import type { OwnedResource } from "../ledger/ResourceRow.ts"
import type { LinkChange } from "../ops/LinkChange.ts"
import type { LinkOps } from "../ops/LinkOps.ts"
import { namedNetns } from "../ops/Netns.ts"
import { has } from "./drift.ts"
import type { Altered } from "./Driver.ts"
import { describeResource } from "./identity.ts"
import { creation, deletion, type LinkResource, type PlacedChange } from "./linkChanges.ts"
import type { DeviceResource } from "./linkDrift.ts"
import type { RouteResource, TapResource, VethResource } from "./Resource.ts"

/** Makes a resource of ours what it was planned to be, one property after the other, while it goes on working. */
export const mendLink = Effect.fnUntraced(function* (ops: LinkOps["Service"], owned: OwnedResource, drift: Altered) {
  const resource = owned.resource as LinkResource
  if (resource.kind === "Tap" && (has(drift, "uid") || has(drift, "gid"))) return yield* ownerStays(resource)
  for (const { change, netns } of changesFor(resource, owned.owner, drift)) yield* ops.apply(netns, [change])
})

/** The kernel lets only who has a TAP open give it to somebody else (TUNSETOWNER), and that is its VMM. */
const ownerStays = (resource: TapResource) =>
  new OpsError({
    family: "link",
    reason: "Unsupported",
    action: `give ${describeResource(resource)} back to its owner`,
    output: "who may open a TAP cannot be changed while it is there"
  })

const changesFor = (resource: LinkResource, owner: string, drift: Altered): ReadonlyArray<PlacedChange> => {
  const here = (change: LinkChange): PlacedChange => ({ netns: resource.netns, change })
  switch (resource.kind) {
    case "Netns":
      return [{ netns: namedNetns(resource.name), change: { _tag: "SetAlias", link: "lo", alias: owner } }]
    case "Bridge":
    case "Tap":
    case "Veth":
      return [
        ...deviceChanges(resource, owner, drift).map(here),
        ...(resource.kind === "Veth" ? otherEndChanges(resource, owner, drift) : [])
      ]
    case "Route":
      return [here({ ...deletion(asFound(resource, drift)) }), ...creation(resource, owner)]
    default:
      return [here(deletion(resource)), ...creation(resource, owner)]
  }
}

/** The route to the same place that is there now. */
const asFound = (route: RouteResource, { differences }: Altered): RouteResource => {
  const found = differences[0]!.found
  return found === "none" ? Struct.omit(route, ["via"]) : { ...route, via: found }
}

/** The name first, by which all else is said, and `up` last. */
const deviceChanges = (resource: DeviceResource, alias: string, drift: Altered): ReadonlyArray<LinkChange> => {
  const { link, mac, mtu } = resource
  const named = drift.differences.find(({ what }) => what === "name")
  const when = (what: string, change: LinkChange): ReadonlyArray<LinkChange> => (has(drift, what) ? [change] : [])
  return [
    ...(named === undefined ? [] : [{ _tag: "SetName", link: named.found, to: link } as const]),
    ...when("alias", { _tag: "SetAlias", link, alias }),
    ...when("mtu", { _tag: "SetMtu", link, mtu }),
    ...when("mac", { _tag: "SetMac", link, mac: mac ?? "" }),
    ...(has(drift, "master") || has(drift, "isolated") ? [masterOf(resource)] : []),
    ...when("up", { _tag: "SetUp", link })
  ]
}

/** To be made a port of the bridge it is a port of changes nothing but how it is isolated. */
const masterOf = (resource: DeviceResource): LinkChange => {
  const master = "master" in resource ? resource.master : undefined
  return master === undefined
    ? { _tag: "ClearMaster", link: resource.link }
    : { _tag: "SetMaster", link: resource.link, master: master.link, isolated: master.isolated }
}

const otherEndChanges = ({ mtu, peer }: VethResource, alias: string, drift: Altered): ReadonlyArray<PlacedChange> => {
  const { link, mac, netns } = peer
  const when = (what: string, change: LinkChange): ReadonlyArray<PlacedChange> =>
    has(drift, what) ? [{ netns, change }] : []
  return [
    ...when("alias of its other end", { _tag: "SetAlias", link, alias }),
    ...when("mtu of its other end", { _tag: "SetMtu", link, mtu }),
    ...when("mac of its other end", { _tag: "SetMac", link, mac }),
    ...when("other end up", { _tag: "SetUp", link })
  ]
}
