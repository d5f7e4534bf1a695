import { Context, type Effect } from "effect"
import type { OpsError } from "../errors/OpsError.ts"

/** The directory that is some guest's `/`, as it was found. */
export interface Rootfs {
  /** Absolute, without a symbolic link in it. */
  readonly path: string
  /** Device and inode: another directory under the same path is another rootfs. */
  readonly identity: string
  /** The mount namespace of whoever looked: what is mounted is mounted there. */
  readonly namespace: string
}

/** A resolver file of our own over `etc/resolv.conf` of a rootfs. Plain data, remembered until it is undone. */
export interface ResolverMount {
  readonly rootfs: Rootfs
  /** A directory of the host, outside of every rootfs, made for this mount and gone with it: the file lies in it. */
  readonly directory: string
  readonly content: string
}

/**
 * What is found of a mount:
 *
 * - `Absent`: nothing
 * - `Present`: mounted, and closed as it must be
 * - `Partial`: something of it, a file for example, but no such mount
 * - `Covered`: mounted, with a mount of somebody else on top
 * - `Elsewhere`: mounted, but in another mount namespace, which somebody lives in
 */
export type MountFinding =
  | { readonly _tag: "Absent" }
  | { readonly _tag: "Present" }
  | { readonly _tag: "Partial"; readonly detail: string }
  | { readonly _tag: "Covered"; readonly detail: string }
  | { readonly _tag: "Elsewhere"; readonly detail: string }

/**
 * Resolver files over those of a rootfs, in the mount namespace of this process. A rootfs is hostile: no symbolic link
 * inside it is followed, whatever becomes of it meanwhile.
 *
 * `rootfs` looks at a directory and refuses one that `mount` would refuse (`Missing`, `Invalid`), changing nothing.
 * `mount` writes the file and binds it over `etc/resolv.conf` read-only, nosuid, nodev, noexec; it is strict (`Exists`).
 * Where there is no such file it makes an empty one to mount on. `unmount` takes back all there is of it, is strict too
 * (`Missing`), and leaves what somebody else has put on top or in its place (`Busy`). A failed call may have done a part:
 * `find`. `list` gives the mounts there are in this mount namespace of files in directories right below `directory`, whether
 * those are still there or not.
 */
export class MountOps extends Context.Service<
  MountOps,
  {
    readonly rootfs: (path: string) => Effect.Effect<Rootfs, OpsError>
    readonly mount: (mount: ResolverMount) => Effect.Effect<void, OpsError>
    readonly find: (mount: ResolverMount) => Effect.Effect<MountFinding, OpsError>
    readonly unmount: (mount: ResolverMount) => Effect.Effect<void, OpsError>
    readonly list: (directory: string) => Effect.Effect<ReadonlyArray<ResolverMount>, OpsError>
  }
>()("@vmnet/core/MountOps") {}

/** Where the guest finds it. */
export const resolverPath = ({ rootfs }: ResolverMount): string => `${rootfs.path}/etc/resolv.conf`
