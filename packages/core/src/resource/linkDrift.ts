import type { OwnedResource } from "../ledger/ResourceRow.ts"
import type { Configured, Link } from "../ops/LinkOps.ts"
import { altered, difference, foreign, isOurs, missing, remains } from "./drift.ts"
import type { Difference, Drift } from "./Driver.ts"
import type {
  AddressResource,
  BridgeResource,
  NeighbourResource,
  RouteResource,
  TapResource,
  VethResource
} from "./Resource.ts"

export type DeviceResource = BridgeResource | TapResource | VethResource
export type OnDeviceResource = AddressResource | RouteResource | NeighbourResource

/** The kind the kernel gives a link of ours. */
export const linkType = { Bridge: "bridge", Tap: "tun", Veth: "veth" } as const

/** What was found of a device: under its name, under another one, and of a veth's other end where that is ours too. */
export interface FoundDevice {
  readonly link: Link | null
  readonly renamed?: Link
  readonly peer?: Link | null
}

/**
 * How a device differs from its plan. One without a tag is ours when all else of it is as planned, or when we are known
 * to be at work on it: somebody took the tag off, or we had not put it on.
 */
export const deviceDrift = (owned: OwnedResource, resource: DeviceResource, found: FoundDevice): Drift | null => {
  const { owner, state } = owned
  const link = found.link ?? found.renamed ?? null
  if (link === null) return missing
  const isOurKind = link.type === linkType[resource.kind]
  const differences = [
    ...difference("name", resource.link, link.link),
    ...propertiesOf(resource, link),
    ...peerProperties(resource, owner, found.peer)
  ]
  const isKnown = isOurs(link.alias, owner) || (link.alias === "" && (state !== "present" || differences.length === 0))
  if (!isOurKind || !isKnown) return foreign(link.type, link.alias)
  if (found.peer === null) return remains("its other end is not where it was")
  return altered([...difference("alias", owner, link.alias), ...differences])
}

const propertiesOf = (resource: DeviceResource, link: Link): ReadonlyArray<Difference> => {
  const master = "master" in resource ? resource.master : undefined
  return [
    ...difference("mtu", resource.mtu, link.mtu),
    ...(resource.mac === undefined ? [] : difference("mac", resource.mac, link.mac)),
    ...difference("up", true, link.up),
    ...difference("master", master?.link, link.master),
    ...(master === undefined || link.master !== master.link
      ? []
      : difference("isolated", master.isolated, link.isolated === true)),
    ...(resource.kind === "Tap" && link.owner !== undefined
      ? [...difference("uid", resource.uid ?? 0, link.owner.uid), ...difference("gid", resource.gid, link.owner.gid)]
      : [])
  ]
}

const peerProperties = (
  resource: DeviceResource,
  owner: string,
  peer: Link | null | undefined
): ReadonlyArray<Difference> => {
  if (resource.kind !== "Veth" || peer === null || peer === undefined) return []
  return [
    ...difference("alias of its other end", owner, peer.alias),
    ...difference("mtu of its other end", resource.mtu, peer.mtu),
    ...difference("mac of its other end", resource.peer.mac, peer.mac),
    ...difference("other end up", true, peer.up)
  ]
}

/** How what is configured on a device differs from its plan. It belongs to whom the device belongs. */
export const onDeviceDrift = (owned: OwnedResource, resource: OnDeviceResource, on: Configured): Drift | null => {
  const { link, neighbours, routes } = on
  if (link === null) return missing
  if (link.alias !== "" && !isOurs(link.alias, owned.owner)) return foreign(link.type, link.alias)
  switch (resource.kind) {
    case "Address":
      return link.addresses.includes(resource.address) ? null : missing
    case "Route": {
      const found = routes.filter(({ destination }) => destination === networkOf(resource))
      const via = resource.via ?? null
      if (found.length === 0) return missing
      return found.some((route) => route.via === via) ? null : altered(difference("via", via, found[0]!.via))
    }
    case "Neighbour": {
      const found = neighbours.find(({ address }) => address === resource.address)
      return found === undefined ? missing : altered(difference("mac", resource.mac, found.mac))
    }
  }
}

/** A destination in the words of a listing. */
export const networkOf = ({ destination }: RouteResource): string =>
  destination === "default" ? "0.0.0.0/0" : destination
