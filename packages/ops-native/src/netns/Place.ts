import type { Netns } from "@vmnet/core"
import { netnsFile } from "@vmnet/ops-common"
import { closeSync, constants, fstatSync, openSync, statSync } from "node:fs"
import { SystemCallError } from "../ffi/SystemCallError.ts"
import { Rtnetlink } from "../link/Rtnetlink.ts"
import { NftSocket } from "../nat/NftSocket.ts"
import { NetlinkSocket, routeProtocol } from "../netlink/NetlinkSocket.ts"
import { inNetns } from "./inNetns.ts"

/** Sockets of a place: each is opened when it is first used, and anew after it failed, for half an answer may still be in it. */
class Kept<Socket> {
  readonly #open: () => Socket
  readonly #close: (socket: Socket) => void
  #socket: Socket | undefined

  constructor(open: () => Socket, close: (socket: Socket) => void) {
    this.#open = open
    this.#close = close
  }

  use<A>(work: (socket: Socket) => A): A {
    const socket = (this.#socket ??= this.#open())
    try {
      return work(socket)
    } catch (cause) {
      if (cause instanceof SystemCallError) this.close()
      throw cause
    }
  }

  close(): void {
    if (this.#socket !== undefined) this.#close(this.#socket)
    this.#socket = undefined
  }
}

/**
 * A network namespace that is held open, with the sockets of it that are in use: they belong to it wherever this thread is. Without
 * an open file it is the one this process lives in. All of it lasts until the place is disposed of, and so does the namespace.
 */
export class Place implements Disposable {
  readonly fd: number | undefined
  readonly #links: Kept<NetlinkSocket>
  readonly #firewall: Kept<NftSocket>

  constructor(fd?: number) {
    this.fd = fd
    this.#links = new Kept(
      () => this.within(() => new NetlinkSocket(routeProtocol)),
      (socket) => socket.close()
    )
    // Closing one waits until the kernel has destroyed what was deleted (`nft_rcv_nl_event`), a grace period or two.
    this.#firewall = new Kept(
      () => this.within(() => new NftSocket()),
      (socket) => socket[Symbol.dispose]()
    )
  }

  /** Where this thread is now. Nothing else is opened of it yet. */
  static here(): Place {
    return new Place(openSync("/proc/thread-self/ns/net", constants.O_RDONLY))
  }

  /** Runs `work`, one synchronous stretch, with this thread in there. */
  within<A>(work: () => A): A {
    return this.fd === undefined ? work() : inNetns(this.fd, work)
  }

  /** What is looked up of links is known for as long as `work` takes. */
  links<A>(work: (links: Rtnetlink) => A): A {
    return this.#links.use((socket) => work(new Rtnetlink(socket)))
  }

  firewall<A>(work: (socket: NftSocket) => A): A {
    return this.#firewall.use(work)
  }

  /** Whether this is still what a namespace is called. */
  is(netns: Netns): boolean {
    if (this.fd === undefined) return netns._tag === "Host"
    const own = fstatSync(this.fd)
    const now = statSync(netnsFile(netns), { throwIfNoEntry: false })
    return now !== undefined && now.dev === own.dev && now.ino === own.ino
  }

  [Symbol.dispose](): void {
    this.#links.close()
    this.#firewall.close()
    if (this.fd !== undefined) closeSync(this.fd)
  }
}
