import type { Netns } from "./Netns.ts"

/**
 * One change to links, addresses, routes or neighbours of a namespace, as data.
 *
 * `Add*` is strict: it fails with `Exists` when the object is already there, which makes creation the reservation.
 * `Delete*` is strict too (`Missing`). Links are created down, with router solicitations off (`addrgenmode none`).
 */
export type LinkChange =
  | AddNetns
  | DeleteNetns
  | AddBridge
  | AddTap
  | AddVeth
  | SetAlias
  | SetMaster
  | ClearMaster
  | SetMtu
  | SetMac
  | SetName
  | SetUp
  | AddAddress
  | DeleteAddress
  | AddRoute
  | DeleteRoute
  | AddNeighbour
  | DeleteNeighbour
  | DeleteLink

/**
 * `ip netns add $name`, then in it `ip link set lo alias $alias up`. It is `/run/netns/$name` from then on; the alias of
 * its loopback device is what tells whose it is.
 */
export interface AddNetns {
  readonly _tag: "AddNetns"
  readonly name: string
  readonly alias: string
}

/**
 * `ip netns delete $name`: the name goes at once, its links soon after, or with the last process that is still in there.
 * What is left of a namespace that was half made is deleted too; a symbolic link in its place is refused (`Invalid`).
 */
export interface DeleteNetns {
  readonly _tag: "DeleteNetns"
  readonly name: string
}

/** `ip link add $name address $mac mtu $mtu type bridge`; the MAC is pinned, it never follows a port. */
export interface AddBridge {
  readonly _tag: "AddBridge"
  readonly link: string
  readonly mac: string
  readonly mtu: number
}

/** `ip tuntap add dev $link mode tap user $uid group $gid`, then its MTU; persistent, single queue, root's by default. */
export interface AddTap {
  readonly _tag: "AddTap"
  readonly link: string
  readonly mtu: number
  readonly mac?: string
  /** Who may open it besides root; absent means root only. */
  readonly uid?: number
  readonly gid?: number
}

/** `ip link add $link type veth peer name $peer.link netns $peer.netns`: the peer is born in its namespace. */
export interface AddVeth {
  readonly _tag: "AddVeth"
  readonly link: string
  readonly mtu: number
  readonly mac?: string
  readonly peer: { readonly link: string; readonly netns: Netns; readonly mac: string }
}

/** `ip link set $link alias $alias` (at most 255 characters). */
export interface SetAlias {
  readonly _tag: "SetAlias"
  readonly link: string
  readonly alias: string
}

/** `ip link set $link master $master`, then `bridge link set dev $link isolated on` when isolated. */
export interface SetMaster {
  readonly _tag: "SetMaster"
  readonly link: string
  readonly master: string
  readonly isolated: boolean
}

/** `ip link set $link nomaster`. */
export interface ClearMaster {
  readonly _tag: "ClearMaster"
  readonly link: string
}

/** `ip link set $link mtu $mtu`. */
export interface SetMtu {
  readonly _tag: "SetMtu"
  readonly link: string
  readonly mtu: number
}

/** `ip link set $link address $mac`; a link stays up meanwhile, and forgets its neighbours, permanent ones too. */
export interface SetMac {
  readonly _tag: "SetMac"
  readonly link: string
  readonly mac: string
}

/** `ip link set $link name $to`; a link that is up stays so where the kernel can (Linux 6.2). */
export interface SetName {
  readonly _tag: "SetName"
  readonly link: string
  readonly to: string
}

/** `ip link set $link addrgenmode none`, then `ip link set $link up`. */
export interface SetUp {
  readonly _tag: "SetUp"
  readonly link: string
}

/** `ip address add $address dev $link`, address in prefix form (`10.0.42.1/24`). */
export interface AddAddress {
  readonly _tag: "AddAddress"
  readonly link: string
  readonly address: string
}

export interface DeleteAddress {
  readonly _tag: "DeleteAddress"
  readonly link: string
  readonly address: string
}

/** `ip route add $destination via $via dev $link`; the destination is a prefix or `default`. */
export interface AddRoute {
  readonly _tag: "AddRoute"
  readonly destination: string
  readonly link: string
  readonly via?: string
}

export interface DeleteRoute {
  readonly _tag: "DeleteRoute"
  readonly destination: string
  readonly link: string
  readonly via?: string
}

/** `ip neigh add $address lladdr $mac dev $link nud permanent`. */
export interface AddNeighbour {
  readonly _tag: "AddNeighbour"
  readonly link: string
  readonly address: string
  readonly mac: string
}

export interface DeleteNeighbour {
  readonly _tag: "DeleteNeighbour"
  readonly link: string
  readonly address: string
}

/** `ip link delete $link`. */
export interface DeleteLink {
  readonly _tag: "DeleteLink"
  readonly link: string
}

/** `add tap vmt3k2`: the words errors, progress and dry runs use for a change. */
export const describeLinkChange = (change: LinkChange): string => {
  switch (change._tag) {
    case "AddNetns":
      return `add netns ${change.name}`
    case "DeleteNetns":
      return `delete netns ${change.name}`
    case "AddBridge":
      return `add bridge ${change.link}`
    case "AddTap":
      return `add tap ${change.link}`
    case "AddVeth":
      return `add veth ${change.link}`
    case "SetAlias":
      return `tag link ${change.link}`
    case "SetMaster":
      return `attach ${change.link} to ${change.master}`
    case "ClearMaster":
      return `detach ${change.link} from its bridge`
    case "SetMtu":
      return `set the MTU of ${change.link} to ${change.mtu}`
    case "SetMac":
      return `set the MAC of ${change.link} to ${change.mac}`
    case "SetName":
      return `rename ${change.link} to ${change.to}`
    case "SetUp":
      return `set ${change.link} up`
    case "AddAddress":
      return `add address ${change.address} to ${change.link}`
    case "DeleteAddress":
      return `delete address ${change.address} from ${change.link}`
    case "AddRoute":
      return `add route ${change.destination} on ${change.link}`
    case "DeleteRoute":
      return `delete route ${change.destination} on ${change.link}`
    case "AddNeighbour":
      return `add neighbour ${change.address} on ${change.link}`
    case "DeleteNeighbour":
      return `delete neighbour ${change.address} on ${change.link}`
    case "DeleteLink":
      return `delete link ${change.link}`
  }
}
