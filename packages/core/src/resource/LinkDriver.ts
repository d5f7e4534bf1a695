import { Effect } from "effect"
import { OpsError } from "../errors/OpsError.ts"
import type { OwnedResource } from "../ledger/ResourceRow.ts"
import type { Configured, Link, LinkOps } from "../ops/LinkOps.ts"
import { type Netns, netnsKey } from "../ops/Netns.ts"
import type { Driver, Presence } from "./Driver.ts"
import { grouped } from "./grouped.ts"
import { creation, deletion, type LinkResource, type PlacedChange } from "./linkChanges.ts"
import { inspectLinks } from "./inspectLinks.ts"
import { linkType } from "./linkDrift.ts"
import { mendLink } from "./mendLinks.ts"
import { netnsPresences } from "./netnsPresence.ts"
import type { NetnsResource } from "./Resource.ts"
import { tagPresence } from "./tagPresence.ts"

/** Bridges, TAPs, veth pairs and what is configured on them, through `LinkOps`. All resources share one namespace. */
export const makeLinkDriver = (ops: LinkOps["Service"]): Driver => ({
  apply: (resources) => Effect.forEach(creationsOf(resources), (group) => applyGroup(ops, group), { discard: true }),
  remove: (resources) =>
    ops.apply(
      netnsOf(resources),
      namespacesLast(resources).map((owned) => deletion(linkResource(owned)))
    ),
  inspect: (resources, plan) => inspectLinks(ops, resources, plan),
  mend: (owned, drift) => mendLink(ops, owned, drift),
  find: Effect.fnUntraced(function* (resources) {
    const names = resources.flatMap(({ owner, resource }) =>
      resource.kind === "Netns" ? [{ name: resource.name, owner }] : []
    )
    const namespaces = [...(yield* netnsPresences(ops, names))]
    const links = names.length === resources.length ? [] : [...(yield* findLinks(ops, resources))]
    return resources.map(({ resource }) => (resource.kind === "Netns" ? namespaces : links).shift()!)
  })
})

const findLinks = Effect.fnUntraced(function* (ops: LinkOps["Service"], resources: ReadonlyArray<OwnedResource>) {
  const netns = netnsOf(resources)
  const on = resources.flatMap((owned) => (isOnLink(owned) ? [owned] : []))
  const names = [...new Set(on.map(({ resource }) => resource.link))]
  const asksMore = on.some(({ resource }) => resource.kind === "Route" || resource.kind === "Neighbour")
  const found = asksMore ? yield* ops.configuredOn(netns, names) : (yield* ops.find(netns, names)).map(bare)
  const byName = new Map(names.map((name, index) => [name, found[index]!]))
  return on.map((owned) => presence(owned, byName.get(owned.resource.link)!))
})

const bare = (link: Link | null): Configured => ({ link, routes: [], neighbours: [] })

type OnLink = Exclude<LinkResource, NetnsResource>

const isOnLink = (owned: OwnedResource): owned is OwnedResource & { readonly resource: OnLink } =>
  owned.resource.kind !== "Netns"

const linkResource = ({ resource }: OwnedResource): LinkResource => resource as LinkResource

/** Links by one call: nothing that stands in the host's own namespace is in any of those that go. */
const namespacesLast = (resources: ReadonlyArray<OwnedResource>): ReadonlyArray<OwnedResource> => [
  ...resources.filter(({ resource }) => resource.kind !== "Netns"),
  ...resources.filter(({ resource }) => resource.kind === "Netns")
]

interface ResourceChange extends PlacedChange {
  /** The index of the resource that the change is part of; absent where those behind it have been made by then, too. */
  readonly resource?: number
}

/** All changes in order, cut where the namespace changes. */
const creationsOf = (resources: ReadonlyArray<OwnedResource>): ReadonlyArray<ReadonlyArray<ResourceChange>> => {
  const changes = resources.flatMap((owned, resource) =>
    creation(linkResource(owned), owned.owner).map(({ netns, change }): ResourceChange => ({ netns, change, resource }))
  )
  const isOne = resources.filter(({ resource }) => resource.kind === "Veth").length < 2
  return grouped(isOne ? changes : farEndsLast(netnsOf(resources), changes), (placed) => netnsKey(placed.netns))
}

/** Of several veths the ends that are here are one call, and not as many as there are namespaces at the others. */
const farEndsLast = (here: Netns, changes: ReadonlyArray<ResourceChange>): ReadonlyArray<ResourceChange> => {
  const isHere = ({ netns }: ResourceChange): boolean => netnsKey(netns) === netnsKey(here)
  const far = changes.filter((placed) => !isHere(placed))
  return [...changes.filter(isHere), ...far.map(({ change, netns }) => ({ change, netns }))]
}

/** Turns the index of a failed change into that of its resource. */
const applyGroup = (ops: LinkOps["Service"], group: ReadonlyArray<ResourceChange>) =>
  Effect.catch(
    ops.apply(
      group[0]!.netns,
      group.map((placed) => placed.change)
    ),
    ({ index, ...error }) => {
      const failed = index === undefined ? undefined : group[index]
      if (failed === undefined) return Effect.fail(new OpsError(error))
      const { resource } = failed
      return whatIsInTheWay(ops, failed, new OpsError({ ...error, ...(resource !== undefined && { index: resource }) }))
    }
  )

/**
 * The kernel refuses a veth for either end with the same word. Where nothing has the name of this end, it is the other
 * one's that is taken, and another name for this one would not help.
 */
const whatIsInTheWay = Effect.fnUntraced(function* (ops: LinkOps["Service"], failed: ResourceChange, error: OpsError) {
  const { change, netns } = failed
  if (error.reason !== "Exists" || change._tag !== "AddVeth") return yield* error
  const [there] = yield* Effect.orElseSucceed(ops.find(netns, [change.link]), () => [undefined])
  if (there !== null) return yield* error
  const { link, netns: target } = change.peer
  return yield* new OpsError({
    ...error,
    family: "netns",
    action: `add ${link} in ${netnsKey(target)}`,
    output: `there is a link ${link} already`
  })
})

const netnsOf = (resources: ReadonlyArray<OwnedResource>) => resources[0]!.resource.netns

const presence = (
  owned: OwnedResource & { readonly resource: OnLink },
  { link, neighbours, routes }: Configured
): Presence => {
  if (link === null) return "absent"
  const { resource } = owned
  switch (resource.kind) {
    case "Bridge":
    case "Tap":
    case "Veth":
      return link.type === linkType[resource.kind] ? tagPresence(link.alias, owned.owner) : "foreign"
    case "Address":
      return present(link.addresses.includes(resource.address), link, owned)
    case "Route":
      return present(
        routes.some((route) => sameRoute(route, resource)),
        link,
        owned
      )
    case "Neighbour":
      return present(
        neighbours.some((entry) => sameNeighbour(entry, resource)),
        link,
        owned
      )
  }
}

/** What is configured on a link belongs to whom the link belongs. */
const present = (there: boolean, link: Link, owned: OwnedResource): Presence =>
  there ? tagPresence(link.alias, owned.owner) : "absent"

const sameRoute = (
  route: { readonly destination: string; readonly link: string | null },
  resource: { readonly destination: string; readonly link: string }
): boolean =>
  route.link === resource.link &&
  route.destination === (resource.destination === "default" ? "0.0.0.0/0" : resource.destination)

const sameNeighbour = (
  entry: { readonly link: string; readonly address: string },
  resource: { readonly link: string; readonly address: string }
): boolean => entry.link === resource.link && entry.address === resource.address
