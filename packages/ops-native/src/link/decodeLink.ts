import { attributeMap } from "../netlink/attributes.ts"
import { linkHeaderSize } from "../netlink/rtnetlink.ts"
import { readIpv4, readMac, readText, readU32 } from "../netlink/values.ts"
import { ifla, info, lowerUp, port, tun, up } from "./linkAttributes.ts"

/** `ARPHRD_TUNNEL`, `_SIT`, `_IPGRE` of linux/if_arp.h: their hardware addresses are IPv4 addresses. */
const tunnels = new Set([768, 776, 778])

/** (uid_t) -1 */
const nobody = 0xffff_ffff

/** A link as the kernel describes it: its bridge by index, its addresses not at all. */
export interface ObservedLink {
  readonly name: string
  readonly index: number
  readonly type: string
  readonly mac: string
  readonly mtu: number
  readonly up: boolean
  readonly carrier: boolean
  readonly alias: string
  /** 0 for none. */
  readonly master: number
  readonly isolated: boolean
  /** Of a TAP only, and only where the kernel tells. */
  readonly owner?: { readonly uid: number | null; readonly gid: number | null }
}

const nothing = new Uint8Array(0)

const inside = (attributes: ReadonlyMap<number, Uint8Array>, type: number) =>
  attributeMap(attributes.get(type) ?? nothing)

const idIn = (data: ReadonlyMap<number, Uint8Array>, type: number): number | null => {
  const id = readU32(data.get(type))
  return id === undefined || id === nobody ? null : id
}

const ownerOf = (kind: string, linkInfo: ReadonlyMap<number, Uint8Array>): Pick<ObservedLink, "owner"> => {
  if (kind !== "tun" || !linkInfo.has(info.data)) return {}
  const data = inside(linkInfo, info.data)
  return { owner: { uid: idIn(data, tun.owner), gid: idIn(data, tun.group) } }
}

const isIsolated = (linkInfo: ReadonlyMap<number, Uint8Array>): boolean =>
  readText(linkInfo.get(info.slaveKind)) === "bridge" && inside(linkInfo, info.slaveData).get(port.isolated)?.[0] === 1

const macOf = (hardware: number, bytes: Uint8Array | undefined): string => {
  if (bytes === undefined) return ""
  return tunnels.has(hardware) && bytes.length === 4 ? readIpv4(bytes) : readMac(bytes)
}

/** The payload of an `RTM_NEWLINK`, `undefined` for what describes no link. */
export const decodeLink = (payload: Uint8Array): ObservedLink | undefined => {
  if (payload.length < linkHeaderSize) return undefined
  const view = new DataView(payload.buffer, payload.byteOffset, payload.byteLength)
  const attributes = attributeMap(payload.subarray(linkHeaderSize))
  const name = readText(attributes.get(ifla.name))
  if (name === "") return undefined
  const linkInfo = inside(attributes, ifla.linkInfo)
  const kind = readText(linkInfo.get(info.kind))
  const flags = view.getUint32(8, true)
  return {
    name,
    index: view.getInt32(4, true),
    type: kind,
    mac: macOf(view.getUint16(2, true), attributes.get(ifla.address)),
    mtu: readU32(attributes.get(ifla.mtu)) ?? 0,
    up: (flags & up) !== 0,
    carrier: (flags & lowerUp) !== 0,
    alias: readText(attributes.get(ifla.alias)),
    master: readU32(attributes.get(ifla.master)) ?? 0,
    isolated: isIsolated(linkInfo),
    ...ownerOf(kind, linkInfo)
  }
}
