import type { SysctlKey } from "@vmnet/core"

export const root = "/proc/sys"

/** A link's name may hold anything but `/`, white space and NUL; `.` and `..` are refused by the kernel too. */
const isSegment = (segment: string): boolean => /^[^/\s\0]{1,64}$/.test(segment) && segment !== "." && segment !== ".."

/** The file of a key, or `undefined` for anything that is not a parameter below `net.` */
export const sysctlPath = (key: SysctlKey): string | undefined =>
  key[0] === "net" && key.length >= 2 && key.every(isSegment) ? [root, ...key].join("/") : undefined

/** One line of printable characters: numbers, or several of them as in `ip_local_port_range`. */
export const isSysctlValue = (value: string): boolean => /^[ -~\t]{1,256}$/.test(value)
