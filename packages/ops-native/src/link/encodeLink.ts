import type { AddBridge, AddVeth, SetMaster } from "@vmnet/core"
import type { Attribute } from "../netlink/attributes.ts"
import { flags } from "../netlink/message.ts"
import { attribute, creation, inet6, linkHeader, nest, type Request, requestOf, rtm } from "../netlink/rtnetlink.ts"
import { mac, plainText, u16, u32, u8, zeroTerminated } from "../netlink/values.ts"
import { addressGeneration, generateNone, ifla, info, port, skipStatistics, up, vethPeer } from "./linkAttributes.ts"

/** A link by index, or by name as the kernel itself looks it up (an alternative name is a name too). */
export type LinkRef = { readonly index: number } | { readonly link: string }

const indexIn = (ref: LinkRef): number => ("index" in ref ? ref.index : 0)
const nameIn = (ref: LinkRef): ReadonlyArray<Attribute> => ("link" in ref ? [named(ref.link)] : [])

const named = (link: string): Attribute => attribute(ifla.name, zeroTerminated(link))
const ofMac = (address: string | undefined): ReadonlyArray<Attribute> =>
  address === undefined ? [] : [attribute(ifla.address, mac(address))]
const ofMtu = (mtu: number | undefined): ReadonlyArray<Attribute> =>
  mtu === undefined ? [] : [attribute(ifla.mtu, u32(mtu))]
const kind = (words: string): Attribute => attribute(info.kind, plainText(words))

/** `addrgenmode none`: no address of its own making, and so no router solicitations. */
const silent = nest(ifla.afSpec, nest(inet6, attribute(addressGeneration, u8(generateNone))))

/**
 * A bridge keeps its MTU once it was told one, else it follows its ports (`br_mtu_auto_adjust` in net/bridge/br_if.c). To
 * be told what it already has does not count: it is made with another.
 */
const otherMtu = (mtu: number): number => (mtu === 68 ? 69 : mtu - 1)

/** `ip link add name $link address $mac mtu $other type bridge`. */
export const addBridge = ({ link, mac: address, mtu }: AddBridge): Request =>
  requestOf(rtm.newLink, creation, linkHeader(0), [
    ...ofMac(address),
    ...ofMtu(otherMtu(mtu)),
    named(link),
    nest(ifla.linkInfo, kind("bridge"))
  ])

/** The peer's own link message, born in the namespace of an open file, or here without one. */
const peerOf = ({ mtu, peer }: AddVeth, netnsFd: number | undefined): Attribute => {
  const { payload } = requestOf(rtm.newLink, 0, linkHeader(0), [
    ...ofMac(peer.mac),
    ...ofMtu(mtu),
    ...(netnsFd === undefined ? [] : [attribute(ifla.netnsFd, u32(netnsFd))]),
    named(peer.link)
  ])
  return attribute(vethPeer, payload)
}

/** `ip link add name $link address $mac mtu $mtu type veth peer name ... address ... mtu $mtu netns $fd`. */
export const addVeth = (change: AddVeth, netnsFd: number | undefined): Request =>
  requestOf(rtm.newLink, creation, linkHeader(0), [
    ...ofMac(change.mac),
    ...ofMtu(change.mtu),
    named(change.link),
    nest(ifla.linkInfo, kind("veth"), nest(info.data, peerOf(change, netnsFd)))
  ])

/** What is set of a link that is there; `name` renames, and then it is referred to by index. */
export interface Properties {
  readonly mtu?: number
  readonly mac?: string
  readonly name?: string
  readonly alias?: string
  /** Index of the bridge, 0 for none. */
  readonly master?: number
  readonly silent?: boolean
  readonly up?: true
}

/** `ip link set dev $link mtu ... address ... name ... alias ... master ... addrgenmode none up`. */
export const setLink = (ref: LinkRef, set: Properties): Request => {
  const flag = set.up === true ? up : 0
  return requestOf(rtm.newLink, 0, linkHeader(indexIn(ref), flag, flag), [
    ...nameIn(ref),
    ...ofMtu(set.mtu),
    ...ofMac(set.mac),
    ...(set.name === undefined ? [] : [named(set.name)]),
    ...(set.alias === undefined ? [] : [attribute(ifla.alias, plainText(set.alias))]),
    ...(set.master === undefined ? [] : [attribute(ifla.master, u32(set.master))]),
    ...(set.silent === true ? [silent] : [])
  ])
}

/** `ip link set dev $link type bridge_slave isolated on|off hairpin on group_fwd_mask 0xfffd`. */
export const setPort = (ref: LinkRef, { isolated }: Pick<SetMaster, "isolated">): Request =>
  requestOf(rtm.newLink, 0, linkHeader(indexIn(ref)), [
    ...nameIn(ref),
    nest(
      ifla.linkInfo,
      nest(
        info.slaveData,
        attribute(port.isolated, u8(isolated ? 1 : 0)),
        attribute(port.hairpin, u8(1)),
        attribute(port.groupForwardMask, u16(0xfffd))
      )
    )
  ])

/** `ip link delete dev $link`. */
export const deleteLink = (ref: LinkRef): Request => requestOf(rtm.deleteLink, 0, linkHeader(indexIn(ref)), nameIn(ref))

/** `ip link set dev $link group $group`. */
export const setGroup = (ref: LinkRef, group: number): Request =>
  requestOf(rtm.newLink, 0, linkHeader(indexIn(ref)), [...nameIn(ref), attribute(ifla.group, u32(group))])

/** `ip link delete group $group`: all its links at once, which costs what one costs (`rtnl_group_dellink` in net/core/rtnetlink.c). */
export const deleteGroup = (group: number): Request =>
  requestOf(rtm.deleteLink, 0, linkHeader(0), [attribute(ifla.group, u32(group))])

const withoutStatistics = attribute(ifla.extMask, u32(skipStatistics))

/** `ip link show dev $link`: the kernel's own answer for that one name. */
export const getLink = (ref: LinkRef): Request =>
  requestOf(rtm.getLink, 0, linkHeader(indexIn(ref)), [withoutStatistics, ...nameIn(ref)])

/** `ip link show`. */
export const listLinks: Request = requestOf(rtm.getLink, flags.dump, linkHeader(0), [withoutStatistics])
