import type { ResolverMount } from "@vmnet/core"
import { closeSync, constants, openSync, readFileSync, statSync, unlinkSync, writeFileSync } from "node:fs"
import { Held, identityOf, isMissing, pathOf, type Place } from "./beneath.ts"
import { Refused, refuse } from "./Refused.ts"
import { recordOf } from "./resolverFile.ts"
import { holdEtc, holdKnownRoot, holdResolvConf } from "./rootfs.ts"

const create = constants.O_WRONLY | constants.O_CREAT | constants.O_EXCL | constants.O_NOFOLLOW

const make = (mount: ResolverMount, held: Held, etc: Place): Place => {
  // Before it is made: who dies in between leaves an empty record, and an empty file younger than that.
  writeFileSync(recordOf(mount), "", { flag: "wx", mode: 0o600 })
  closeSync(openSync(`${pathOf(etc.fd)}/resolv.conf`, create, 0o644))
  const made = holdResolvConf(held, etc) ?? refuse("Failed", "its etc/resolv.conf is gone as soon as it is made")
  if (made.stats.size > 0) return refuse("Failed", "its etc/resolv.conf was exchanged as soon as it was made")
  writeFileSync(recordOf(mount), identityOf(made.stats))
  return made
}

/** The regular file to mount on, held open. Where the rootfs has none an empty one is made and remembered. */
export const ensureMountPoint = (mount: ResolverMount, held: Held, etc: Place): Place =>
  holdResolvConf(held, etc) ?? make(mount, held, etc)

const readRecord = (mount: ResolverMount): { readonly identity: string; readonly time: number } | undefined => {
  try {
    const path = recordOf(mount)
    return { identity: readFileSync(path, "utf8"), time: statSync(path).mtimeMs }
  } catch (cause) {
    if (isMissing(cause)) return undefined
    throw cause
  }
}

/** An empty regular file that is the one we made, or, when we died making it, cannot be older than our attempt. */
const isOurs = ({ stats }: Place, record: { readonly identity: string; readonly time: number }): boolean =>
  stats.isFile() &&
  stats.size === 0 &&
  (record.identity === ""
    ? stats.uid === process.geteuid!() && stats.nlink === 1 && stats.birthtimeMs >= Math.floor(record.time)
    : identityOf(stats) === record.identity)

/**
 * Removes the empty file that we made in the rootfs, if it is still that. A rootfs that is gone, or is another one, or
 * has changed there, has nothing of ours. The name is removed and not the file: who exchanges it at this very moment can
 * only lose a file of their own, in their own etc.
 */
export const removeMountPoint = (mount: ResolverMount): void => {
  const record = readRecord(mount)
  if (record === undefined) return
  const held = new Held()
  try {
    const etc = holdEtc(held, holdKnownRoot(held, mount.rootfs))
    const file = held.in(etc, "resolv.conf")
    if (file !== undefined && isOurs(file, record)) unlinkSync(`${pathOf(etc.fd)}/resolv.conf`)
  } catch (cause) {
    if (!(cause instanceof Refused) && !isMissing(cause)) throw cause
  } finally {
    held.close()
  }
}
