import { batchBegin, batchEnd, type Request } from "../../../packages/ops-native/src/nat/nfnetlink.ts"
import { flags, encodeMessage } from "../../../packages/ops-native/src/netlink/message.ts"

/** One nf_tables transaction in one buffer; the last message of it is acknowledged, the bounds never are. */
export const nftBatch = (requests: ReadonlyArray<Request>): Uint8Array => {
  if (requests.length === 0) return new Uint8Array()
  const all = [batchBegin(), ...requests, batchEnd]
  return Buffer.concat(
    all.map((one, sequence) =>
      encodeMessage({ ...one, sequence, flags: one.flags | (sequence === all.length - 2 ? flags.ack : 0) })
    )
  )
}
