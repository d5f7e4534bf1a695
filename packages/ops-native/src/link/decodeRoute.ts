import { align, attributeMap } from "../netlink/attributes.ts"
import { inet, inet6, mainTable, routeHeaderSize } from "../netlink/rtnetlink.ts"
import { readIpv4, readIpv6, readU32 } from "../netlink/values.ts"
import { rta } from "./encodeRoute.ts"

/** `RTM_F_CLONED` of linux/rtnetlink.h: an entry of the kernel's cache. */
const cloned = 0x200
/** `struct rtnexthop`: length (2 bytes), flags, hops, index (4). */
const hopSize = 8

export interface ObservedHop {
  /** Index of its link, `undefined` for a route that leads nowhere. */
  readonly link: number | undefined
  readonly via: string | null
}

export interface ObservedRoute {
  readonly destination: string
  readonly metric: number
  readonly hops: ReadonlyArray<ObservedHop>
  /** Whether it is a route over several next hops, which is on none of their links. */
  readonly several: boolean
}

type Attributes = ReadonlyMap<number, Uint8Array>

/** `RTA_VIA`: the family (2 bytes) and the address of a gateway that is not of the route's own family. */
const viaOf = (bytes: Uint8Array): string | null => {
  const family = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  if (bytes.length === 6 && family.getUint16(0, true) === inet) return readIpv4(bytes.subarray(2))
  return bytes.length === 18 && family.getUint16(0, true) === inet6 ? readIpv6(bytes.subarray(2)) : null
}

const gatewayIn = (attributes: Attributes): string | null => {
  const gateway = attributes.get(rta.gateway)
  if (gateway?.length === 4) return readIpv4(gateway)
  const via = attributes.get(rta.via)
  return via === undefined ? null : viaOf(via)
}

/** Next hops one after the other, each with attributes of its own; what is cut off ends the list. */
const hopsIn = (bytes: Uint8Array): ReadonlyArray<ObservedHop> => {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  const hops: Array<ObservedHop> = []
  let at = 0
  while (at + hopSize <= bytes.length) {
    const size = view.getUint16(at, true)
    if (size < hopSize || at + size > bytes.length) break
    const attributes = attributeMap(bytes.subarray(at + hopSize, at + size))
    hops.push({ link: view.getInt32(at + 4, true), via: gatewayIn(attributes) })
    at += align(size)
  }
  return hops
}

const destinationOf = (prefixLength: number, bytes: Uint8Array | undefined): string =>
  `${bytes?.length === 4 ? readIpv4(bytes) : "0.0.0.0"}/${prefixLength}`

/** The payload of an `RTM_NEWROUTE`, `undefined` for what is no IPv4 route of the main table. */
export const decodeRoute = (payload: Uint8Array): ObservedRoute | undefined => {
  if (payload.length < routeHeaderSize || payload[0] !== inet) return undefined
  const flags = new DataView(payload.buffer, payload.byteOffset, payload.byteLength).getUint32(8, true)
  const attributes = attributeMap(payload.subarray(routeHeaderSize))
  const table = readU32(attributes.get(rta.table)) ?? payload[4]
  if (table !== mainTable || (flags & cloned) !== 0) return undefined
  const several = attributes.get(rta.multipath)
  return {
    destination: destinationOf(payload[1] ?? 0, attributes.get(rta.destination)),
    metric: readU32(attributes.get(rta.priority)) ?? 0,
    hops:
      several === undefined
        ? [{ link: readU32(attributes.get(rta.link)), via: gatewayIn(attributes) }]
        : hopsIn(several),
    several: several !== undefined
  }
}
