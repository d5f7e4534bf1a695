import { closeSync } from "node:fs"
import { checked, SystemCallError } from "../ffi/SystemCallError.ts"
import { errno, loadLibc } from "../ffi/foreign.ts"
import { decodeError, type KernelError } from "./KernelError.ts"
import { decodeMessages, encodeMessage, flags, type Message, requestFlags, types } from "./message.ts"

/** linux/socket.h and linux/netlink.h. */
const AF_NETLINK = 16
const SOCK_RAW_CLOEXEC = 0o2000003
const SOL_NETLINK = 270
/** `NETLINK_ROUTE`: links, addresses, routes, neighbours. */
export const routeProtocol = 0
const options = { capAck: 10, extAck: 11, strictCheck: 12 } as const
const SOL_SOCKET = 1
/** asm-generic/socket.h: beyond the limits of net.core, for who may administrate the network (CAP_NET_ADMIN). */
const force = { sendBuffer: 32, receiveBuffer: 33 } as const
const MSG_DONTWAIT = 0x40
const EAGAIN = 11
const EINTR = 4
const EIO = 5

/** What the kernel sends at once is at most 32 KiB (`netlink_dump`), longer answers come in pieces. */
const bufferSize = 64 * 1024
/** For all sockets: what is received is copied out of it at once. */
const buffer = new Uint8Array(bufferSize)
/** No answer is longer: a table of a million routes is about 60 MB. */
const maxPieces = 8_192

/** What a request got: messages of its own, or the kernel's refusal. `interrupted` means that a listing is not to be believed. */
export interface Answer {
  readonly messages: ReadonlyArray<Message>
  readonly error: KernelError | undefined
  readonly interrupted: boolean
}

/**
 * A netlink socket. The kernel answers within `send`, so everything is there to be read when that returns: nothing here ever
 * waits, and a missing answer is an error. It belongs to the network namespace it was opened in, wherever its user goes.
 */
export class NetlinkSocket {
  readonly #fd: number
  #sequence = 0

  constructor(protocol: number) {
    const libc = loadLibc()
    this.#fd = checked("socket", libc.socket(AF_NETLINK, SOCK_RAW_CLOEXEC, protocol))
    const on = Int32Array.of(1)
    // Older kernels lack some of them: answers have less to say then.
    for (const option of Object.values(options)) libc.setsockopt(this.#fd, SOL_NETLINK, option, on, 4)
  }

  /** Sends one request and reads everything that comes back for it. */
  request(type: number, payload: Uint8Array, more: number): Answer {
    this.#sequence = (this.#sequence + 1) >>> 0
    this.send(encodeMessage({ type, flags: requestFlags(more), sequence: this.#sequence, payload }))
    return this.#read(this.#sequence)
  }

  /**
   * The same for a request that makes the kernel wait: this thread goes on meanwhile, in whatever namespace, for the socket says
   * where the request is meant. One at a time, and nothing else over this socket before it is answered.
   */
  async requestBehind(type: number, payload: Uint8Array, more: number): Promise<Answer> {
    this.#sequence = (this.#sequence + 1) >>> 0
    const sequence = this.#sequence
    const bytes = encodeMessage({ type, flags: requestFlags(more), sequence, payload })
    const sent = await new Promise<number>((resolve, reject) => {
      loadLibc().sendBehind(this.#fd, bytes, bytes.length, 0, (failure, result) =>
        failure instanceof Error ? reject(failure) : resolve(result)
      )
    })
    if (sent !== bytes.length) throw new SystemCallError("send", EIO)
    return this.#read(sequence)
  }

  /** Asks for one object, without an acknowledgement after it: its message, or the kernel's refusal. */
  query(type: number, payload: Uint8Array): Answer {
    this.#sequence = (this.#sequence + 1) >>> 0
    this.send(encodeMessage({ type, flags: flags.request, sequence: this.#sequence, payload }))
    for (;;) {
      const bytes = this.receive()
      if (bytes === undefined) throw new SystemCallError("recv", EAGAIN)
      const message = decodeMessages(bytes).find(({ sequence }) => sequence === this.#sequence)
      if (message === undefined) continue
      if (message.type === types.error) return { messages: [], error: decodeError(message.payload), interrupted: false }
      return { messages: [message], error: undefined, interrupted: false }
    }
  }

  /** Room for so many bytes in one `send`, and waiting to be received. Without the right to it, there is what there was. */
  makeRoom(sent: number, received: number): void {
    const libc = loadLibc()
    libc.setsockopt(this.#fd, SOL_SOCKET, force.sendBuffer, Int32Array.of(sent), 4)
    libc.setsockopt(this.#fd, SOL_SOCKET, force.receiveBuffer, Int32Array.of(received), 4)
  }

  send(bytes: Uint8Array): void {
    checked("send", loadLibc().send(this.#fd, bytes, bytes.length, 0))
  }

  /** What one `recv` gives, as a copy; `undefined` when there is nothing to be read. */
  receive(): Uint8Array | undefined {
    for (;;) {
      const size = loadLibc().recv(this.#fd, buffer, buffer.length, MSG_DONTWAIT)
      if (size >= 0) return buffer.slice(0, size)
      const number = errno()
      if (number === EAGAIN) return undefined
      if (number !== EINTR) throw new SystemCallError("recv", number)
    }
  }

  close(): void {
    closeSync(this.#fd)
  }

  #read(sequence: number): Answer {
    const messages: Array<Message> = []
    let interrupted = false
    for (let piece = 0; piece < maxPieces; piece++) {
      const bytes = this.receive()
      if (bytes === undefined) throw new SystemCallError("recv", EAGAIN)
      for (const message of decodeMessages(bytes)) {
        if (message.sequence !== sequence) continue
        interrupted ||= (message.flags & flags.interrupted) !== 0
        if (message.type === types.error) return { messages, error: decodeError(message.payload), interrupted }
        if (message.type === types.done) return { messages, error: decodeError(message.payload), interrupted }
        messages.push(message)
      }
    }
    throw new SystemCallError("recv", 105)
  }
}
