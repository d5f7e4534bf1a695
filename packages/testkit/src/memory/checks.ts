import { Result } from "effect"
import { NetAddress } from "effect/net"
import { refuse } from "./Refusal.ts"

const reserved = new Set([".", "..", "all", "default"])

/**
 * `dev_valid_name` of net/core/dev.c; no `%`, which asks the kernel to number the name, and nothing that is a directory
 * of `net.ipv4.conf` already.
 */
export const checkLinkName = (name: string): string => {
  const length = Buffer.byteLength(name)
  if (length === 0 || length > 15 || reserved.has(name) || /[\s/:%]/.test(name)) {
    return refuse("Invalid", `"${name}" is not a valid interface name`)
  }
  return name
}

/** In the kernel's spelling: lower case, colons. */
export const checkMac = (mac: string): string => {
  const parsed = NetAddress.macAddressFromString(mac)
  if (Result.isFailure(parsed) || !NetAddress.isMacUnicast(parsed.success)) {
    return refuse("Invalid", `${mac} is not a unicast MAC address`)
  }
  return NetAddress.formatMacAddress(parsed.success)
}

export const checkPort = (port: number): number =>
  Number.isInteger(port) && port >= 1 && port <= 65_535 ? port : refuse("Invalid", `${port} is not a port`)

export const checkMark = (mark: number): number =>
  Number.isInteger(mark) && mark >= 1 && mark < 2 ** 32 ? mark : refuse("Invalid", `${mark} is not a connection mark`)

/** NFTNL_UDATA_COMMENT_MAXLEN of libnftnl. */
export const checkComment = (comment: string): string =>
  Buffer.byteLength(comment) <= 128 ? comment : refuse("Invalid", "comment too long, 128 characters maximum allowed")
