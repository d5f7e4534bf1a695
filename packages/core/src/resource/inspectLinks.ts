import { Effect } from "effect"
import type { OpsError } from "../errors/OpsError.ts"
import type { OwnedResource } from "../ledger/ResourceRow.ts"
import type { Configured, Link, LinkOps } from "../ops/LinkOps.ts"
import { namedNetns } from "../ops/Netns.ts"
import { altered, difference, foreign, isOurs, missing, remains } from "./drift.ts"
import type { Drift } from "./Driver.ts"
import { ownNetns } from "./guestNetns.ts"
import { type DeviceResource, deviceDrift, type FoundDevice, linkType, onDeviceDrift } from "./linkDrift.ts"
import type { NetnsResource, VethResource } from "./Resource.ts"

type Ops = LinkOps["Service"]

const isDevice = ({ resource }: OwnedResource): boolean => resource.kind in linkType

/** All resources share one namespace. */
export const inspectLinks = Effect.fnUntraced(function* (
  ops: Ops,
  resources: ReadonlyArray<OwnedResource>,
  plan: ReadonlyArray<OwnedResource>
) {
  const names = [...new Set(resources.flatMap(({ resource }) => ("link" in resource ? [resource.link!] : [])))]
  const netns = resources[0]!.resource.netns
  const asksMore = resources.some(({ resource }) => resource.kind === "Route" || resource.kind === "Neighbour")
  const found =
    names.length === 0 ? [] : asksMore ? yield* ops.configuredOn(netns, names) : yield* bare(ops, netns, names)
  const byName = new Map(names.map((name, index) => [name, found[index]!]))
  const lost = resources.filter((owned) => isDevice(owned) && byName.get(deviceOf(owned).link)?.link === null)
  const others = lost.length === 0 ? [] : (yield* ops.snapshot(netns)).links
  const isOwn = ownNetns(plan.map(({ resource }) => resource))
  return yield* Effect.forEach(resources, (owned): Effect.Effect<Drift | null, OpsError> => {
    const { resource } = owned
    if (resource.kind === "Netns") return inspectNetns(ops, owned, resource)
    if (isDevice(owned)) {
      const { link } = byName.get(deviceOf(owned).link)!
      const renamed = link === null ? renamedFrom(owned, plan, others) : undefined
      const found: FoundDevice = { link, ...(renamed !== undefined && { renamed }) }
      return resource.kind === "Veth"
        ? inspectPair(ops, owned, resource, found, isOwn(resource.peer.netns))
        : Effect.succeed(deviceDrift(owned, deviceOf(owned), found))
    }
    if (resource.kind === "Address" || resource.kind === "Route" || resource.kind === "Neighbour") {
      return Effect.succeed(onDeviceDrift(owned, resource, byName.get(resource.link)!))
    }
    return Effect.succeed(null)
  })
})

const deviceOf = ({ resource }: OwnedResource): DeviceResource => resource as DeviceResource

const bare = (ops: Ops, netns: NetnsResource["netns"], names: ReadonlyArray<string>) =>
  Effect.map(ops.find(netns, names), (links) => links.map((link): Configured => ({ link, routes: [], neighbours: [] })))

/** Somebody gave it another name: nobody else's device has our tag, and this one is not known by its own name. */
const renamedFrom = (
  owned: OwnedResource,
  plan: ReadonlyArray<OwnedResource>,
  links: ReadonlyArray<Link>
): Link | undefined => {
  const resource = deviceOf(owned)
  const known = new Set(plan.flatMap((other) => (isDevice(other) ? [deviceOf(other).link] : [])))
  const candidates = links.filter(
    ({ alias, link, mac, type }) =>
      isOurs(alias, owned.owner) &&
      type === linkType[resource.kind] &&
      !known.has(link) &&
      (resource.mac === undefined || resource.mac === mac)
  )
  return candidates.length === 1 ? candidates[0] : undefined
}

const inspectPair = Effect.fnUntraced(function* (
  ops: Ops,
  owned: OwnedResource,
  resource: VethResource,
  found: FoundDevice,
  isOwn: boolean
): Effect.fn.Return<Drift | null, OpsError> {
  const isThere = (found.link ?? found.renamed ?? null) !== null
  const peer = isThere ? yield* otherEnd(ops, resource, isOwn) : undefined
  return deviceDrift(owned, resource, peer === undefined ? found : { ...found, peer })
})

/**
 * A guest's namespace may have lost the name it is known by and live on, with its end in it: then nothing can be said of
 * that end, `undefined`.
 */
const otherEnd = (ops: Ops, { peer }: VethResource, isOwn: boolean): Effect.Effect<Link | null | undefined, OpsError> =>
  ops.find(peer.netns, [peer.link]).pipe(
    Effect.map(([link]): Link | null | undefined => link ?? null),
    Effect.catch((error) =>
      error.reason === "Missing" ? Effect.succeed(isOwn ? null : undefined) : Effect.fail(error)
    )
  )

/** The loopback device carries the tag. Without one, a namespace with devices of ours in it is ours all the same. */
const inspectNetns = Effect.fnUntraced(function* (
  ops: Ops,
  { owner, state }: OwnedResource,
  { name }: NetnsResource
): Effect.fn.Return<Drift | null, OpsError> {
  const [found] = yield* ops.findNetns([name])
  if (found === null || found === undefined) return missing
  if (found.alias === null) return remains("a name without a namespace")
  if (isOurs(found.alias, owner)) return null
  if (found.alias !== "") return foreign("namespace", found.alias)
  const { links } = yield* ops.snapshot(namedNetns(name))
  const isKnown = links.some(({ alias }) => isOurs(alias, owner))
  if (isKnown) return altered(difference("alias", owner, ""))
  return state === "present" ? foreign("namespace", "") : remains("a namespace without a tag")
})
