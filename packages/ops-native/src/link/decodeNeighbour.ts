import { attributeMap } from "../netlink/attributes.ts"
import { inet, neighbourHeaderSize } from "../netlink/rtnetlink.ts"
import { readIpv4, readMac } from "../netlink/values.ts"
import { nda, permanent, proxy } from "./encodeNeighbour.ts"

export interface ObservedNeighbour {
  /** Index of its link. */
  readonly link: number
  readonly address: string
  readonly mac: string
}

/** Whether an `RTM_NEWNEIGH` tells of a permanent entry; all others are the kernel's cache. */
export const isPermanent = (payload: Uint8Array): boolean =>
  payload.length >= neighbourHeaderSize &&
  (new DataView(payload.buffer, payload.byteOffset, payload.byteLength).getUint16(8, true) & permanent) !== 0 &&
  ((payload[10] ?? 0) & proxy) === 0

/** The payload of an `RTM_NEWNEIGH`, `undefined` for what is no permanent IPv4 neighbour. */
export const decodeNeighbour = (payload: Uint8Array): ObservedNeighbour | undefined => {
  if (!isPermanent(payload) || payload[0] !== inet) return undefined
  const attributes = attributeMap(payload.subarray(neighbourHeaderSize))
  const address = attributes.get(nda.destination)
  const mac = attributes.get(nda.mac)
  if (address?.length !== 4 || mac === undefined) return undefined
  const link = new DataView(payload.buffer, payload.byteOffset, payload.byteLength).getInt32(4, true)
  return { link, address: readIpv4(address), mac: readMac(mac) }
}
