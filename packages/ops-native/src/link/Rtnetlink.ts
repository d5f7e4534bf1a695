import { maxDumps } from "@vmnet/ops-common"
import type { NetlinkSocket } from "../netlink/NetlinkSocket.ts"
import type { Request } from "../netlink/rtnetlink.ts"
import { decodeLink } from "./decodeLink.ts"
import { getLink } from "./encodeLink.ts"
import { ENODEV, Interrupted, Refused, refusal, refusedByKernel } from "./Refused.ts"

const ENOENT = 2

/** What is wanted of a socket. */
export type Socket = Pick<NetlinkSocket, "query" | "request">

export const cannotFind = (link: string): string => `Cannot find device "${link}"`

/**
 * Requests about links over one socket, for as long as one synchronous stretch takes: a link that was looked up keeps its index for
 * life, and nobody else's changes come in between but by chance.
 */
export class Rtnetlink {
  readonly #socket: Socket
  readonly #indexes = new Map<string, number>()

  constructor(socket: Socket) {
    this.#socket = socket
  }

  /** Asks for a change; throws `Refused`, with `missing` as its words where the kernel says that the link is not there. */
  tell({ flags, payload, type }: Request, missing?: string): void {
    const { error } = this.#socket.request(type, payload, flags)
    if (error !== undefined) throw refusal(error, missing)
  }

  /** Asks for one object: its message, or `undefined` where the kernel says that it is not there. */
  get({ payload, type }: Request): Uint8Array | undefined {
    const { error, messages } = this.#socket.query(type, payload)
    if (error !== undefined && error.errno !== ENODEV && error.errno !== ENOENT) throw refusedByKernel(error)
    const [message] = error === undefined ? messages : []
    return message?.payload
  }

  /**
   * Asks for all there are, again where they changed meanwhile: nothing may be concluded from what such a listing lacks. A table of
   * routes that was never used is not there (ENOENT), and has nothing in it.
   */
  list({ flags, payload, type }: Request): ReadonlyArray<Uint8Array> {
    for (let dump = 0; dump < maxDumps; dump++) {
      const { error, interrupted, messages } = this.#socket.request(type, payload, flags)
      if (error?.errno === ENOENT) return []
      if (error !== undefined) throw refusedByKernel(error)
      if (!interrupted) return messages.map((message) => message.payload)
    }
    throw new Interrupted()
  }

  /** Throws `Refused` with these words where there is no such link. */
  indexOf(link: string, missing = cannotFind(link)): number {
    const known = this.#indexes.get(link)
    if (known !== undefined) return known
    const message = this.get(getLink({ link }))
    const found = message === undefined ? undefined : decodeLink(message)
    if (found === undefined) throw new Refused(missing, { errno: ENODEV })
    this.#indexes.set(link, found.index)
    return found.index
  }

  /** To be called where links go away, come, or change their names. */
  forget(): void {
    this.#indexes.clear()
  }
}
