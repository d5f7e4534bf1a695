import { getSystemErrorName } from "node:util"
import { SystemCallError } from "../ffi/SystemCallError.ts"
import { decodeError } from "../netlink/KernelError.ts"
import { decodeMessages, encodeMessage, flags, type Message, types } from "../netlink/message.ts"
import { type Answer, NetlinkSocket } from "../netlink/NetlinkSocket.ts"
import { readBe32 } from "../netlink/values.ts"
import { attributeMap } from "../netlink/attributes.ts"
import { batchBegin, batchEnd, getGeneration, messages, netfilter, nfgenmsgSize, type Request } from "./nfnetlink.ts"

/** What the kernel says of one request: its place among those sent, and a positive errno(3). */
export interface Refusal {
  readonly at: number
  readonly errno: number
}

/** errno(3) */
const EINTR = 4
const EAGAIN = 11
const ERESTART = 85

/** The kernel did nothing and asks to be asked again: somebody else's transaction came in between (`nfnetlink_rcv_batch`). */
export const asksAgain = ({ errno }: Refusal): boolean => errno === EINTR || errno === EAGAIN || errno === ERESTART

/** Sockets have room for about this many messages as they are made, sent (about 200 bytes) or waiting (768 with what is around). */
const usual = 128
const roomPerMessage = 2_048

/** A socket for nf_tables. It belongs to the network namespace it is made in. */
export class NftSocket implements Disposable {
  readonly #socket = new NetlinkSocket(netfilter)
  #sequence = 1

  /**
   * One transaction, all or nothing: who refused what, in the order of the requests; empty when it is done. Its success is the
   * kernel's word for the last request, not its silence.
   */
  commit(requests: ReadonlyArray<Request>): ReadonlyArray<Refusal> {
    const last = requests.length - 1
    const acked = requests.map((one, at) => (at === last ? { ...one, flags: one.flags | flags.ack } : one))
    const first = this.#send([batchBegin(), ...acked, batchEnd])
    const { answers, lost } = this.#receive()
    const told = answers.flatMap(({ payload, sequence, type }) =>
      type === types.error ? [{ at: sequence - first - 1, errno: decodeError(payload)?.errno ?? 0 }] : []
    )
    const refusals = told.filter(({ errno }) => errno !== 0)
    if (refusals.length > 0) return refusals.toSorted((one, other) => one.at - other.at)
    if (lost || !told.some(({ at }) => at === last)) throw new SystemCallError("recv", lost ? 105 : EAGAIN)
    return []
  }

  /**
   * Waits until no transaction of others is under way, and tells whether the ruleset is still of this generation. An empty
   * transaction changes nothing and counts for nothing, but has to wait for its turn (`nf_tables_valid_genid`).
   */
  settled(generation?: number): boolean {
    this.#send([batchBegin(generation), batchEnd])
    const [answer] = this.#receive().answers
    if (answer === undefined) return true
    const { errno = 0 } = decodeError(answer.payload) ?? {}
    if (asksAgain({ at: 0, errno })) return false
    throw new SystemCallError(`recv: ${getSystemErrorName(-errno)}`, errno)
  }

  /** The number of the ruleset's generation, which every transaction raises. */
  generation(): number {
    this.#send([getGeneration])
    const answer = this.#receive().answers.find(({ type }) => type === messages.newGeneration)
    const number = readBe32(attributeMap(answer?.payload.subarray(nfgenmsgSize) ?? new Uint8Array()).get(1))
    if (number === undefined) throw new SystemCallError("recv", EAGAIN)
    return number
  }

  /** One answer for each request, at its place: a message, or the kernel's refusal. */
  ask(requests: ReadonlyArray<Request>): ReadonlyArray<Message> {
    const first = this.#send(requests)
    const { answers } = this.#receive()
    return requests.map((_, at) => {
      const answer = answers.find(({ sequence }) => sequence === first + at)
      if (answer === undefined) throw new SystemCallError("recv", EAGAIN)
      return answer
    })
  }

  /** Everything of a kind (`NLM_F_DUMP`), or the kernel's refusal. */
  list({ payload, type }: Request): Answer {
    return this.#socket.request(type, payload, flags.dump)
  }

  [Symbol.dispose](): void {
    this.#socket.close()
  }

  /** In one call. Returns the sequence number of the first. */
  #send(requests: ReadonlyArray<Request>): number {
    const first = this.#sequence
    this.#sequence += requests.length
    const encoded = requests.map((one, at) => encodeMessage({ ...one, sequence: first + at }))
    const bytes = Buffer.concat(encoded)
    if (requests.length > usual) {
      this.#socket.makeRoom(bytes.length + roomPerMessage, requests.length * roomPerMessage)
    }
    this.#socket.send(bytes)
    return first
  }

  /** Everything there is; `lost` when there was more than room for it. */
  #receive(): { readonly answers: ReadonlyArray<Message>; readonly lost: boolean } {
    const answers: Array<Message> = []
    let lost = false
    for (;;) {
      try {
        const bytes = this.#socket.receive()
        if (bytes === undefined) return { answers, lost }
        answers.push(...decodeMessages(bytes))
      } catch (cause) {
        if (!(cause instanceof SystemCallError) || cause.code !== "ENOBUFS" || lost) throw cause
        lost = true
      }
    }
  }
}
