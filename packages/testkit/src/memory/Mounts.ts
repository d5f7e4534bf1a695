import { dirname } from "node:path"
import type { MountFinding, ResolverMount, Rootfs } from "@vmnet/core"
import { refuse } from "./Refusal.ts"

/** What a rootfs has at a place. */
export type RootfsEntry = "absent" | "file" | "directory" | "symlink"

interface RootfsState {
  readonly identity: string
  readonly etc: RootfsEntry
  /** Below all mounts. `made` is the empty file that was made to mount on. */
  resolvConf: RootfsEntry | "made"
}

interface MountState {
  readonly mount: ResolverMount
  mounted: boolean
  covered: boolean
}

/** Everything of mounts and of directories they are made in, for a comparison. */
export interface MountsView {
  readonly rootfs: Readonly<Record<string, string>>
  readonly mounts: ReadonlyArray<string>
  /** Directories of the host that were made for mounts. */
  readonly directories: ReadonlyArray<string>
}

/** Rootfs directories, and the resolver files mounted in them, as one mount namespace sees them. */
export class Mounts {
  readonly #rootfs = new Map<string, RootfsState>()
  readonly #mounts = new Map<string, MountState>()
  #lastInode = 0

  addRootfs(path: string, etc: RootfsEntry, resolvConf: RootfsEntry): void {
    if (this.#rootfs.has(path)) refuse("Exists", `${path}: File exists`)
    this.#rootfs.set(path, { identity: `1:${++this.#lastInode}`, etc, resolvConf })
  }

  /** The directory is gone, and what was mounted in it with it. */
  removeRootfs(path: string): void {
    this.#rootfs.delete(path)
    for (const state of this.#in(path)) state.mounted = false
  }

  /** Mounts are gone, files are not: the rootfs is on a disk. */
  reboot(): void {
    this.#mounts.clear()
  }

  look(path: string): Rootfs {
    const state = this.#rootfs.get(path)
    if (path === "/") return refuse("Invalid", "it is the host's own root")
    if (state === undefined) return refuse("Missing", "there is no such directory")
    if (state.etc === "absent") return refuse("Missing", "there is no directory etc in it")
    if (state.etc !== "directory") return refuse("Invalid", `its etc is no directory but a ${state.etc}`)
    if (!["absent", "file", "made"].includes(state.resolvConf)) {
      return refuse("Invalid", `its etc/resolv.conf is a ${state.resolvConf}`)
    }
    return { path, identity: state.identity, namespace: "mnt:[1]" }
  }

  mount(mount: ResolverMount): void {
    const { path, identity } = mount.rootfs
    if (this.#mounts.has(mount.directory)) refuse("Exists", `${mount.directory}: File exists`)
    if (this.look(path).identity !== identity) refuse("Missing", "another directory has taken its place")
    const state = this.#rootfs.get(path)!
    if (state.resolvConf === "absent") state.resolvConf = "made"
    this.#mounts.set(mount.directory, { mount, mounted: true, covered: false })
  }

  find({ directory }: ResolverMount): MountFinding {
    const state = this.#mounts.get(directory)
    if (state === undefined) return { _tag: "Absent" }
    if (!state.mounted) return { _tag: "Partial", detail: "it is not mounted" }
    return state.covered ? { _tag: "Covered", detail: "another mount lies on top of it" } : { _tag: "Present" }
  }

  unmount({ directory, rootfs }: ResolverMount): void {
    const state = this.#mounts.get(directory) ?? refuse("Missing", "it is not there")
    if (state.mounted && state.covered) refuse("Busy", "another mount lies on top of it: unmount that first")
    this.#mounts.delete(directory)
    const place = this.#rootfs.get(rootfs.path)
    if (place?.identity === rootfs.identity && place.resolvConf === "made") place.resolvConf = "absent"
  }

  /** What is mounted of files from right below a directory. */
  listFrom(directory: string): ReadonlyArray<ResolverMount> {
    return [...this.#mounts.values()].flatMap(({ mount, mounted }) =>
      mounted && dirname(mount.directory) === directory ? [mount] : []
    )
  }

  /** `umount $path/etc/resolv.conf`, by somebody. */
  unmountForeign(path: string): void {
    const state = this.#top(path)
    if (state.covered) state.covered = false
    else state.mounted = false
  }

  /** Somebody's mount on top of ours. */
  cover(path: string): void {
    this.#top(path).covered = true
  }

  view(): MountsView {
    const states = [...this.#mounts.values()]
    return {
      rootfs: Object.fromEntries(
        [...this.#rootfs].map(([path, { etc, resolvConf }]) => [path, `${etc} ${resolvConf}`])
      ),
      mounts: states.flatMap(({ mount, mounted }) => (mounted ? [`${mount.rootfs.path}: ${mount.content}`] : [])),
      directories: states.map(({ mount }) => mount.directory)
    }
  }

  /** What a guest reads there: the file of ours, or null. */
  content(path: string): string | null {
    const state = this.#in(path).findLast(({ mounted }) => mounted)
    return state === undefined || state.covered ? null : state.mount.content
  }

  #in(path: string): ReadonlyArray<MountState> {
    return [...this.#mounts.values()].filter(({ mount }) => mount.rootfs.path === path)
  }

  #top(path: string): MountState {
    return this.#in(path).findLast(({ mounted }) => mounted) ?? refuse("Invalid", `${path}: not mounted`)
  }
}
