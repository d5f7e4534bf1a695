import { SystemCallError } from "../ffi/SystemCallError.ts"
import { NftSocket } from "./NftSocket.ts"

/**
 * A socket for the firewall of the namespace this process lives in, opened when it is first used, and anew after it failed. It is kept:
 * to close one waits until the kernel has destroyed what was deleted (`nft_rcv_nl_event`), a grace period or two.
 */
export class HostNft implements Disposable {
  #socket: NftSocket | undefined

  use<A>(work: (socket: NftSocket) => A): A {
    this.#socket ??= new NftSocket()
    try {
      return work(this.#socket)
    } catch (cause) {
      // Half an answer may still be in it.
      if (cause instanceof SystemCallError) this[Symbol.dispose]()
      throw cause
    }
  }

  [Symbol.dispose](): void {
    this.#socket?.[Symbol.dispose]()
    this.#socket = undefined
  }
}
