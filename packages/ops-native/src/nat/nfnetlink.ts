import type { NftFamily } from "@vmnet/ops-common"
import { type Attribute, encodeAttributes } from "../netlink/attributes.ts"
import { flags, type Message } from "../netlink/message.ts"
import { be32 } from "../netlink/values.ts"

/** `NETLINK_NETFILTER` of linux/netlink.h. */
export const netfilter = 12

/** `NFNL_SUBSYS_NFTABLES` of linux/netfilter/nfnetlink.h. */
const nftables = 10

/** `NFNL_SUBSYS_NFTABLES << 8 | NFT_MSG_*` of linux/netfilter/nf_tables.h; the first two are `NFNL_MSG_BATCH_*`. */
export const messages = {
  batchBegin: 0x10,
  batchEnd: 0x11,
  newTable: 0xa00,
  deleteTable: 0xa02,
  newChain: 0xa03,
  newRule: 0xa06,
  newSet: 0xa09,
  getSets: 0xa0a,
  newElement: 0xa0c,
  getElement: 0xa0d,
  deleteElement: 0xa0e,
  newGeneration: 0xa0f,
  getGeneration: 0xa10
} as const

/** linux/netfilter.h. */
const familyNumber: Readonly<Record<NftFamily, number>> = { inet: 1, bridge: 7 }

/** `struct nfgenmsg`: family (1 byte), version 0 (1), a number in network byte order (2), then the attributes. */
export const nfgenmsgSize = 4

/** A request without its sequence number, which is for the socket to give. */
export type Request = Omit<Message, "sequence">

export const request = (
  type: number,
  family: NftFamily | "unspecified",
  more: number,
  attributes: ReadonlyArray<Attribute>
): Request => {
  const encoded = encodeAttributes(attributes)
  const payload = new Uint8Array(nfgenmsgSize + encoded.length)
  payload[0] = family === "unspecified" ? 0 : familyNumber[family]
  payload.set(encoded, nfgenmsgSize)
  return { type, flags: flags.request | more, payload }
}

/** `NFNL_BATCH_GENID`: what is between the bounds is for this generation of the ruleset and no other. */
const attrGeneration = 1

const bound = (type: number, attributes: ReadonlyArray<Attribute>): Request => {
  const made = request(type, "unspecified", 0, attributes)
  made.payload[3] = nftables
  return made
}

export const batchBegin = (generation?: number): Request =>
  bound(messages.batchBegin, generation === undefined ? [] : [{ type: attrGeneration, payload: be32(generation) }])

export const batchEnd: Request = bound(messages.batchEnd, [])

export const getGeneration: Request = request(messages.getGeneration, "unspecified", 0, [])
