import type { LinkChange } from "../ops/LinkChange.ts"
import type { Netns } from "../ops/Netns.ts"
import type {
  AddressResource,
  BridgeResource,
  NeighbourResource,
  NetnsResource,
  RouteResource,
  TapResource,
  VethResource
} from "./Resource.ts"

export type LinkResource =
  | NetnsResource
  | BridgeResource
  | TapResource
  | VethResource
  | AddressResource
  | RouteResource
  | NeighbourResource

/** A change and the namespace it happens in. */
export interface PlacedChange {
  readonly netns: Netns
  readonly change: LinkChange
}

/** The changes that make a link resource. The tag comes right after creation, `up` last: nothing flows before. */
export const creation = (resource: LinkResource, owner: string): ReadonlyArray<PlacedChange> => {
  const here = (change: LinkChange): PlacedChange => ({ netns: resource.netns, change })
  switch (resource.kind) {
    case "Netns":
      return [here({ _tag: "AddNetns", name: resource.name, alias: owner })]
    case "Bridge":
      return [
        here({ _tag: "AddBridge", link: resource.link, mac: resource.mac, mtu: resource.mtu }),
        ...bringUp(resource, owner).map(here)
      ]
    case "Tap":
      return [here(addTap(resource)), ...bringUp(resource, owner).map(here)]
    case "Veth":
      return [here(addVeth(resource)), ...bringUp(resource, owner).map(here), ...peerUp(resource, owner)]
    case "Address":
      return [here({ _tag: "AddAddress", link: resource.link, address: resource.address })]
    case "Route":
      return [here({ _tag: "AddRoute", ...routeOf(resource) })]
    case "Neighbour":
      return [here({ _tag: "AddNeighbour", link: resource.link, address: resource.address, mac: resource.mac })]
  }
}

export const deletion = (resource: LinkResource): LinkChange => {
  switch (resource.kind) {
    case "Netns":
      return { _tag: "DeleteNetns", name: resource.name }
    case "Bridge":
    case "Tap":
    case "Veth":
      return { _tag: "DeleteLink", link: resource.link }
    case "Address":
      return { _tag: "DeleteAddress", link: resource.link, address: resource.address }
    case "Route":
      return { _tag: "DeleteRoute", ...routeOf(resource) }
    case "Neighbour":
      return { _tag: "DeleteNeighbour", link: resource.link, address: resource.address }
  }
}

const addTap = ({ link, mtu, mac, uid, gid }: TapResource): LinkChange => ({
  _tag: "AddTap",
  link,
  mtu,
  ...(mac === undefined ? {} : { mac }),
  ...(uid === undefined ? {} : { uid }),
  ...(gid === undefined ? {} : { gid })
})

const addVeth = ({ link, mtu, mac, peer }: VethResource): LinkChange => ({
  _tag: "AddVeth",
  link,
  mtu,
  peer,
  ...(mac === undefined ? {} : { mac })
})

const bringUp = (resource: BridgeResource | TapResource | VethResource, alias: string): ReadonlyArray<LinkChange> => {
  const { link } = resource
  const master = "master" in resource ? resource.master : undefined
  const enslave: ReadonlyArray<LinkChange> =
    master === undefined ? [] : [{ _tag: "SetMaster", link, master: master.link, isolated: master.isolated }]
  return [{ _tag: "SetAlias", link, alias }, ...enslave, { _tag: "SetUp", link }]
}

const peerUp = ({ peer }: VethResource, alias: string): ReadonlyArray<PlacedChange> => [
  { netns: peer.netns, change: { _tag: "SetAlias", link: peer.link, alias } },
  { netns: peer.netns, change: { _tag: "SetUp", link: peer.link } }
]

const routeOf = ({ destination, link, via }: RouteResource) => ({
  destination,
  link,
  ...(via === undefined ? {} : { via })
})
