import { NetlinkSocket, routeProtocol } from "../netlink/NetlinkSocket.ts"
import { SystemCallError } from "../ffi/SystemCallError.ts"
import { Rtnetlink } from "./Rtnetlink.ts"

/** A socket of the namespace this process lives in, opened when it is first used, and anew after it failed. */
export class HostSocket {
  #socket: NetlinkSocket | undefined

  use<A>(work: (links: Rtnetlink) => A): A {
    this.#socket ??= new NetlinkSocket(routeProtocol)
    try {
      return work(new Rtnetlink(this.#socket))
    } catch (cause) {
      // Half an answer may still be in it.
      if (cause instanceof SystemCallError) this.close()
      throw cause
    }
  }

  close(): void {
    this.#socket?.close()
    this.#socket = undefined
  }
}
