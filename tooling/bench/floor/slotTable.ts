import { slotLayoutText } from "../../../packages/ops-common/src/index.ts"
import { runText } from "../../../packages/ops-native/src/nat/nftContext.ts"
import { nfgenmsgSize, netfilter, type Request, request } from "../../../packages/ops-native/src/nat/nfnetlink.ts"
import { decodeAttributes, encodeAttributes, nested } from "../../../packages/ops-native/src/netlink/attributes.ts"
import { flags } from "../../../packages/ops-native/src/netlink/message.ts"
import { NetlinkSocket } from "../../../packages/ops-native/src/netlink/NetlinkSocket.ts"
import { be32 } from "../../../packages/ops-native/src/netlink/values.ts"
import { inNewNetns } from "../../../packages/ops-native/src/netns/inNetns.ts"

/**
 * Kinds of objects of nf_tables in the order they have to be made: `NFT_MSG_GET*`, `NFT_MSG_NEW*` and the attributes that say
 * what an object is, of linux/netfilter/nf_tables.h. All others are the kernel's own numbers and counts.
 */
const kinds = [
  { get: 0xa01, make: 0xa00, keep: [1, 2], nested: [] },
  { get: 0xa0a, make: 0xa09, keep: [1, 2, 3, 4, 5, 6, 7, 8, 9, 13], nested: [9] },
  { get: 0xa04, make: 0xa03, keep: [1, 3, 4, 5, 7], nested: [4] },
  { get: 0xa07, make: 0xa06, keep: [1, 2, 4, 7], nested: [4] }
] as const

const setKind = 0xa09
/** `NFTA_SET_ID`: what a transaction calls a set before it has it. */
const setId = 10

/** What the kernel tells of an object, as what makes it. */
const creationOf = ({ keep, make, nested: inner }: (typeof kinds)[number], told: Uint8Array, at: number): Request => {
  const attributes = decodeAttributes(told.subarray(nfgenmsgSize))
    .filter(({ type }) => keep.some((one) => one === type))
    .map(({ payload, type }) => ({ payload, type: inner.some((one) => one === type) ? type | nested : type }))
  const more = make === setKind ? [{ type: setId, payload: be32(at + 1) }] : []
  const body = encodeAttributes([...attributes, ...more])
  const payload = Buffer.concat([told.subarray(0, nfgenmsgSize), body])
  return { type: make, flags: flags.request | flags.create | (make === 0xa06 ? flags.append : 0), payload }
}

/**
 * The messages that make a slot's table. The kernel is asked what it has after libnftables loaded the layout, once and in a
 * namespace that is gone afterwards: what it tells of an object is, but for its numbers, what it is to be told to make it.
 */
export const slotTable = (install: string): ReadonlyArray<Request> =>
  inNewNetns(() => {
    const { ok, stderr } = runText(slotLayoutText(install))
    if (!ok) throw new Error(`the layout of a slot does not load: ${stderr}`)
    const socket = new NetlinkSocket(netfilter)
    try {
      return kinds.flatMap((kind) => {
        const { payload, type } = request(kind.get, "inet", 0, [])
        const { error, messages } = socket.request(type, payload, flags.dump)
        if (error !== undefined) throw new Error(`the kernel does not list what a slot has: ${error.words}`)
        return messages.map((message, at) => creationOf(kind, message.payload, at))
      })
    } finally {
      socket.close()
    }
  })
