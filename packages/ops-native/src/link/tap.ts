import type { AddTap } from "@vmnet/core"
import { closeSync, constants, openSync } from "node:fs"
import { errno, loadLibc } from "../ffi/foreign.ts"
import { zeroTerminated } from "../netlink/values.ts"
import { setLink } from "./encodeLink.ts"
import { refusedByFile, refusedCall } from "./Refused.ts"
import { cannotFind, type Rtnetlink } from "./Rtnetlink.ts"

/** linux/if_tun.h */
const requests = {
  TUNSETIFF: 0x4004_54ca,
  TUNSETPERSIST: 0x4004_54cb,
  TUNSETOWNER: 0x4004_54cc,
  TUNSETGROUP: 0x4004_54ce
} as const

/**
 * `IFF_TAP`, `IFF_NO_PI`, and `IFF_TUN_EXCL`: a device of that name, whoever owns it, is EBUSY and never attached to.
 */
const tapFlags = 0x0002 | 0x1000 | 0x8000

/** `struct ifreq` of linux/if.h: the name (16 bytes), then the flags (2). */
const interfaceRequest = (link: string): Uint8Array => {
  const bytes = new Uint8Array(40)
  bytes.set(zeroTerminated(link))
  new DataView(bytes.buffer).setUint16(16, tapFlags, true)
  return bytes
}

const open = (): number => {
  try {
    return openSync("/dev/net/tun", constants.O_RDWR)
  } catch (cause) {
    throw refusedByFile("open", cause)
  }
}

const create = (fd: number, link: string): void => {
  const result = loadLibc().ioctlData(fd, requests.TUNSETIFF, interfaceRequest(link))
  if (result < 0) throw refusedCall("ioctl(TUNSETIFF)", errno())
}

const set = (fd: number, name: keyof typeof requests, value: number | undefined): void => {
  if (value === undefined) return
  const result = loadLibc().ioctlNumber(fd, requests[name], value)
  if (result < 0) throw refusedCall(`ioctl(${name})`, errno())
}

/**
 * `ip tuntap add dev $link mode tap user $uid group $gid`, then its MTU and MAC, in the namespace this thread is in. It is made to
 * stay last of all: whatever fails before takes it away with its file.
 */
export const addTap = (links: Rtnetlink, change: AddTap, silent: boolean): void => {
  const { gid, link, mac, mtu, uid } = change
  const fd = open()
  try {
    create(fd, link)
    set(fd, "TUNSETOWNER", uid ?? 0)
    set(fd, "TUNSETGROUP", gid)
    links.tell(setLink({ link }, { mtu, ...(mac !== undefined && { mac }), silent }), cannotFind(link))
    set(fd, "TUNSETPERSIST", 1)
  } finally {
    closeSync(fd)
  }
}
