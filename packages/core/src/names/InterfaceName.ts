import { base32, digest } from "./hash.ts"

/** What stands in front of the hash: TAP, veth, bridge. */
export type InterfacePrefix = "vmt" | "vmv" | "vmb"

const hashCharacters = 12

/**
 * Names of network devices: a prefix of three and twelve characters of hash (60 bits), always the fifteen that the
 * kernel allows (`IFNAMSIZ` - 1). Nothing is ever appended and cut off: another attempt is another hash.
 */
export const InterfaceName = {
  /** The subject is a VM, or `@` and a share key; `attempt` counts from 0 while the name turns out to be taken. */
  derive: (prefix: InterfacePrefix, install: string, subject: string, attempt: number): string =>
    prefix + base32(digest(["interface", prefix, install, subject, `${attempt}`]), hashCharacters),

  /** Whether a name has the form of ours. It says nothing about whose device it is. */
  matches: (text: string): boolean => /^vm[tvb][a-z2-7]{12}$/.test(text)
} as const
