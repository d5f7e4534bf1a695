import { SystemCallError } from "../../../packages/ops-native/src/ffi/SystemCallError.ts"
import { decodeError } from "../../../packages/ops-native/src/netlink/KernelError.ts"
import { decodeMessages, encodeMessage, flags, types } from "../../../packages/ops-native/src/netlink/message.ts"
import type { NetlinkSocket } from "../../../packages/ops-native/src/netlink/NetlinkSocket.ts"
import type { Request } from "../../../packages/ops-native/src/netlink/rtnetlink.ts"

const EAGAIN = 11

/** All messages in one buffer for one `send`; only the last one is acknowledged where none is refused. */
export const together = (requests: ReadonlyArray<Request>): Uint8Array =>
  Buffer.concat(
    requests.map(({ flags: more, payload, type }, at) => {
      const ack = at === requests.length - 1 ? flags.ack : 0
      return encodeMessage({ type, payload, sequence: at + 1, flags: more | flags.request | ack })
    })
  )

/** Sends what was made beforehand and reads all that comes back; throws the first refusal. */
export const exchange = (socket: NetlinkSocket, bytes: Uint8Array): void => {
  if (bytes.length === 0) return
  socket.send(bytes)
  for (let answered = false; ;) {
    const answer = socket.receive()
    if (answer === undefined) {
      if (answered) return
      throw new SystemCallError("recv", EAGAIN)
    }
    answered = true
    for (const { payload, sequence, type } of decodeMessages(answer)) {
      const error = type === types.error ? decodeError(payload) : undefined
      if (error !== undefined) throw new SystemCallError(`message ${sequence}: ${error.words}`, error.errno)
    }
  }
}
