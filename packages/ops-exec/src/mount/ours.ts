import type { ResolverMount } from "@vmnet/core"
import { readdirSync, readlinkSync } from "node:fs"
import { dirname, relative } from "node:path"
import { Held, isMissing, pathOf } from "./beneath.ts"
import { type MountEntry, mountIdOf, mountsOf } from "./mountinfo.ts"
import { fileOf } from "./resolverFile.ts"

/** Tells mounts of our file from all others: the file system it is in, and its path from the root of that. */
export interface Mark {
  readonly device: string
  readonly root: string
}

const joined = (root: string, path: string): string => (root === "/" ? `/${path}` : `${root}/${path}`)

/**
 * Where the file is, or would be, in its file system. Asked of the kernel by way of the directory above the mount's own,
 * which is there as long as the ledger is; `undefined` when it is not.
 */
export const markOf = (mount: ResolverMount): Mark | undefined => {
  const held = new Held()
  try {
    const { fd } = held.at(dirname(mount.directory))
    const id = mountIdOf(fd)
    const entry = mountsOf("self").find((one) => one.id === id)
    if (entry === undefined) return undefined
    const inside = [relative(entry.point, readlinkSync(pathOf(fd))), relative(dirname(mount.directory), fileOf(mount))]
    return { device: entry.device, root: joined(entry.root, inside.filter((part) => part !== "").join("/")) }
  } catch (cause) {
    if (isMissing(cause)) return undefined
    throw cause
  } finally {
    held.close()
  }
}

/** The mounts of our file among these: wherever the guest has moved them to, and also when the file is gone. */
export const oursAmong = (mark: Mark | undefined, entries: ReadonlyArray<MountEntry>): ReadonlyArray<MountEntry> =>
  mark === undefined
    ? []
    : entries.filter(
        ({ device, root }) => device === mark.device && [mark.root, `${mark.root}//deleted`].includes(root)
      )

/** A process that lives in a mount namespace, which for all we can see nobody else keeps alive. */
export const inhabitant = (namespace: string): number | undefined =>
  readdirSync("/proc")
    .filter((name) => /^\d+$/.test(name))
    .map(Number)
    .find((pid) => namespaceOf(pid) === namespace)

const namespaceOf = (pid: number): string | undefined => {
  try {
    return readlinkSync(`/proc/${pid}/ns/mnt`)
  } catch {
    // Ended meanwhile, or not ours to look at.
    return undefined
  }
}

/** The mounts there are in the namespace of a process, none when it has ended meanwhile. */
export const mountsThere = (pid: number): ReadonlyArray<MountEntry> => {
  try {
    return mountsOf(pid)
  } catch {
    return []
  }
}
