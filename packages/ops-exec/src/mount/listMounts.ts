import type { ResolverMount } from "@vmnet/core"
import { readFileSync, statSync } from "node:fs"
import { basename, dirname, join } from "node:path"
import { Held, identityOf, isMissing } from "./beneath.ts"
import { type MountEntry, mountsOf } from "./mountinfo.ts"
import { markOf } from "./ours.ts"
import { ownNamespace } from "./rootfs.ts"

const target = "/etc/resolv.conf"

/** A file of ours is a few lines; a mount could be of anything. */
const maxContent = 65_536

const attempt = <A>(look: () => A): A | undefined => {
  try {
    return look()
  } catch (cause) {
    if (isMissing(cause)) return undefined
    throw cause
  }
}

const rootfsOf = (entry: MountEntry): ResolverMount["rootfs"] | undefined => {
  const path = entry.point.slice(0, -target.length)
  const held = new Held()
  try {
    return { path, identity: identityOf(held.at(path).stats), namespace: ownNamespace() }
  } finally {
    held.close()
  }
}

/** The mount that an entry is, when its file is, or was, in a directory right below the one given. */
const mountOf = (directory: string, entry: MountEntry): ResolverMount | undefined => {
  if (!entry.point.endsWith(target)) return undefined
  const root = entry.root.replace(/\/\/deleted$/, "")
  const own = join(directory, basename(dirname(root)))
  const probe = { directory: own, content: "", rootfs: { path: "", identity: "", namespace: "" } }
  const mark = markOf(probe)
  if (mark?.device !== entry.device || mark.root !== root) return undefined
  const rootfs = attempt(() => rootfsOf(entry))
  const content = attempt(() => (statSync(entry.point).size > maxContent ? "" : readFileSync(entry.point, "utf8")))
  return rootfs === undefined || content === undefined ? undefined : { rootfs, directory: own, content }
}

/** Mounts, in this mount namespace, of files that were made in directories right below a directory. */
export const listMounts = (directory: string): ReadonlyArray<ResolverMount> =>
  mountsOf("self").flatMap((entry) => mountOf(directory, entry) ?? [])
