import { attributeMap } from "../netlink/attributes.ts"
import { addressHeaderSize, inet } from "../netlink/rtnetlink.ts"
import { readIpv4 } from "../netlink/values.ts"
import { ifa } from "./encodeAddress.ts"

export interface ObservedAddress {
  /** Index of its link. */
  readonly link: number
  /** In prefix form, `10.0.42.1/24`. */
  readonly address: string
}

/** The payload of an `RTM_NEWADDR`, `undefined` for what is no IPv4 address. On a point-to-point link ours is the local one. */
export const decodeAddress = (payload: Uint8Array): ObservedAddress | undefined => {
  if (payload.length < addressHeaderSize || payload[0] !== inet) return undefined
  const view = new DataView(payload.buffer, payload.byteOffset, payload.byteLength)
  const attributes = attributeMap(payload.subarray(addressHeaderSize))
  const local = attributes.get(ifa.local) ?? attributes.get(ifa.address)
  if (local === undefined || local.length !== 4) return undefined
  return { link: view.getUint32(4, true), address: `${readIpv4(local)}/${payload[1]}` }
}
