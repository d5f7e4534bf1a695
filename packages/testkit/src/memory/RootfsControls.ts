import type { MountsView, RootfsEntry } from "./Mounts.ts"
import type { World } from "./World.ts"

/** What a test does to directories that are some guest's root, and to what is mounted in them. */
export interface RootfsControls {
  /** By default a directory `etc` with a file `resolv.conf`. */
  readonly add: (path: string, has?: { readonly etc?: RootfsEntry; readonly resolvConf?: RootfsEntry }) => void
  /** The directory is deleted, mounts in it or not. */
  readonly remove: (path: string) => void
  /** What the guest reads of a resolver file of ours; null when there is none, or something lies on top. */
  readonly content: (path: string) => string | null
  /** Somebody unmounts what is on top at `etc/resolv.conf`. */
  readonly unmount: (path: string) => void
  /** Somebody mounts something on top. */
  readonly cover: (path: string) => void
  /** All of it, for a comparison. */
  readonly view: () => MountsView
}

export const rootfsControls = ({ mounts }: World): RootfsControls => ({
  add: (path, { etc = "directory", resolvConf = "file" } = {}) => mounts.addRootfs(path, etc, resolvConf),
  remove: (path) => mounts.removeRootfs(path),
  content: (path) => mounts.content(path),
  unmount: (path) => mounts.unmountForeign(path),
  cover: (path) => mounts.cover(path),
  view: () => mounts.view()
})
