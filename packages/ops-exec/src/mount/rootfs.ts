import type { Rootfs } from "@vmnet/core"
import { readlinkSync, realpathSync, statSync } from "node:fs"
import { type Held, identityOf, isMissing, kindOf, type Place } from "./beneath.ts"
import { refuse } from "./Refused.ts"

/** `mnt:[4026531841]`: the mount namespace of this process. */
export const ownNamespace = (): string => readlinkSync("/proc/self/ns/mnt")

const isSame = ({ stats }: Place, path: string): boolean => {
  const other = statSync(path, { throwIfNoEntry: false })
  return other !== undefined && identityOf(other) === identityOf(stats)
}

const requireDirectory = (place: Place, name: string): void => {
  if (!place.stats.isDirectory()) refuse("Invalid", `${name} is ${kindOf(place)}, not a directory`)
}

/** The directory at a path without symbolic links, as it is held; never the host's own root, under whatever name. */
export const holdRoot = (held: Held, path: string): Place => {
  const root = held.at(path)
  requireDirectory(root, "it")
  if (isSame(root, "/")) refuse("Invalid", "it is the host's own root")
  return root
}

/** `etc` of a rootfs. A bind mount of the host's own would have us write there. */
export const holdEtc = (held: Held, root: Place): Place => {
  const etc = held.in(root, "etc") ?? refuse("Missing", "there is no directory etc in it")
  requireDirectory(etc, "its etc")
  if (isSame(etc, "/etc")) refuse("Invalid", "its etc is the host's own")
  return etc
}

/** `etc/resolv.conf`, if there is one that can be mounted on. */
export const holdResolvConf = (held: Held, etc: Place): Place | undefined => {
  const file = held.in(etc, "resolv.conf")
  if (file === undefined || file.stats.isFile()) return file
  const advice = file.stats.isSymbolicLink()
    ? ", which is not followed: remove it there, or put a file in its place"
    : ""
  return refuse("Invalid", `its etc/resolv.conf is ${kindOf(file)}${advice}`)
}

const realPath = (path: string): string => {
  try {
    return realpathSync.native(path)
  } catch (cause) {
    if (isMissing(cause)) return refuse("Missing", "there is no such directory")
    throw cause
  }
}

/** The rootfs that a path leads to now; everything that would be refused later is refused here, and nothing changed. */
export const inspectRootfs = (held: Held, path: string): Rootfs => {
  const real = realPath(path)
  const root = holdRoot(held, real)
  holdResolvConf(held, holdEtc(held, root))
  return { path: real, identity: identityOf(root.stats), namespace: ownNamespace() }
}

/** What is mounted here would not be where it is looked for. */
export const requireOwnNamespace = ({ namespace }: Rootfs): void => {
  if (namespace !== ownNamespace()) refuse("Invalid", `it was looked at in another mount namespace (${namespace})`)
}

/** The same rootfs again, at the time when something is done to it. */
export const holdKnownRoot = (held: Held, { path, identity }: Rootfs): Place => {
  const root = holdRoot(held, path)
  return identityOf(root.stats) === identity ? root : refuse("Missing", "another directory has taken its place")
}
