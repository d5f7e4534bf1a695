import { closeSync, constants, openSync } from "node:fs"
import type { TapResource } from "../../../packages/core/src/index.ts"
import { loadLibc } from "../../../packages/ops-native/src/ffi/foreign.ts"
import { checked } from "../../../packages/ops-native/src/ffi/SystemCallError.ts"
import { zeroTerminated } from "../../../packages/ops-native/src/netlink/values.ts"

/** linux/if_tun.h */
const requests = { iff: 0x4004_54ca, persist: 0x4004_54cb, owner: 0x4004_54cc, group: 0x4004_54ce, index: 0x4004_54da }
/** `IFF_TAP | IFF_NO_PI | IFF_TUN_EXCL` */
const tapFlags = 0x9002

/** `struct ifreq` with the name and the flags of a TAP. */
export const tapRequest = (link: string): Uint8Array => {
  const bytes = new Uint8Array(40)
  bytes.set(zeroTerminated(link))
  new DataView(bytes.buffer).setUint16(16, tapFlags, true)
  return bytes
}

/** Makes a TAP that stays, with the index it is to have. */
export const makeTap = (ifreq: Uint8Array, { gid, uid }: TapResource, index: number): void => {
  const libc = loadLibc()
  const fd = openSync("/dev/net/tun", constants.O_RDWR)
  try {
    const wanted = new Uint8Array(Uint32Array.of(index).buffer)
    checked("TUNSETIFINDEX", libc.ioctlData(fd, requests.index, wanted))
    checked("TUNSETIFF", libc.ioctlData(fd, requests.iff, ifreq))
    checked("TUNSETOWNER", libc.ioctlNumber(fd, requests.owner, uid ?? 0))
    if (gid !== undefined) checked("TUNSETGROUP", libc.ioctlNumber(fd, requests.group, gid))
    checked("TUNSETPERSIST", libc.ioctlNumber(fd, requests.persist, 1))
  } finally {
    closeSync(fd)
  }
}
