import { closeSync, constants, openSync, unlinkSync, writeFileSync } from "node:fs"
import { loadLibc } from "../../../packages/ops-native/src/ffi/foreign.ts"
import { checked } from "../../../packages/ops-native/src/ffi/SystemCallError.ts"
import { netfilter } from "../../../packages/ops-native/src/nat/nfnetlink.ts"
import { NetlinkSocket, routeProtocol } from "../../../packages/ops-native/src/netlink/NetlinkSocket.ts"
import { inNewNetns } from "../../../packages/ops-native/src/netns/inNetns.ts"
import { exchange } from "./exchange.ts"
import type { Prepared, PreparedSlot, PreparedTap } from "./Prepared.ts"
import { makeTap } from "./tapDevice.ts"

/** sys/mount.h */
const MS_BIND = 0x1000
const detached = 2

const bindOwnNetns = (path: string): void => {
  closeSync(openSync(path, constants.O_RDONLY | constants.O_CREAT | constants.O_EXCL, 0))
  checked("mount", loadLibc().mount("/proc/thread-self/ns/net", path, "none", MS_BIND, null))
}

const make = ({ index, request, tap }: PreparedTap): void => makeTap(request, tap, index)

const withSocket = (protocol: number, work: (socket: NetlinkSocket) => void): void => {
  const socket = new NetlinkSocket(protocol)
  try {
    work(socket)
  } finally {
    socket.close()
  }
}

/** The calls themselves, in this process, without any look at what is there. Two sockets on the host stay open. */
export class Floor {
  readonly #links = new NetlinkSocket(routeProtocol)
  readonly #elements = new NetlinkSocket(netfilter)

  attach(prepared: Prepared): void {
    exchange(this.#elements, prepared.elements)
    if (prepared.tap !== undefined) make(prepared.tap)
    if (prepared.slot === undefined) exchange(this.#links, prepared.host)
    else this.#slot(prepared, prepared.slot)
    for (const { path, value } of prepared.files) writeFileSync(path, value)
  }

  /** A slot goes by its namespace alone, which takes both ends of its link along. */
  detach(prepared: Prepared): void {
    exchange(this.#elements, prepared.withoutElements)
    if (prepared.slot === undefined) return exchange(this.#links, prepared.deletion)
    const { path } = prepared.slot
    checked("umount2", loadLibc().umount2(path, detached))
    unlinkSync(path)
  }

  /** Takes a claim off its device, which stays. */
  release(prepared: Prepared): void {
    exchange(this.#elements, prepared.withoutElements)
    exchange(this.#links, prepared.withoutClaim)
  }

  close(): void {
    this.#links.close()
    this.#elements.close()
  }

  #slot({ host, netnsFd }: Prepared, { links, path, table, tap }: PreparedSlot): void {
    inNewNetns(() => {
      bindOwnNetns(path)
      withSocket(netfilter, (socket) => exchange(socket, table))
      if (tap !== undefined) make(tap)
      const fd = openSync("/proc/thread-self/ns/net", constants.O_RDONLY)
      try {
        new DataView(host.buffer, host.byteOffset).setUint32(netnsFd, fd, true)
        exchange(this.#links, host)
      } finally {
        closeSync(fd)
      }
      withSocket(routeProtocol, (socket) => exchange(socket, links))
    })
  }
}
