import { Context, type Effect, type Scope } from "effect"

export interface RootfsShape {
  /** Default a directory. */
  readonly etc?: "absent" | "file" | "directory" | "symlink"
  /** What there is at `etc/resolv.conf`; default a file. */
  readonly resolvConf?: "absent" | "file" | "directory" | "symlink"
}

/** What the `MountOps` suite needs: rootfs directories, and hands to do in them what others do. */
export class MountFixture extends Context.Service<
  MountFixture,
  {
    /** A fresh rootfs, gone with the scope together with whatever is mounted in it. */
    readonly rootfs: (shape?: RootfsShape) => Effect.Effect<string, never, Scope.Scope>
    /** The path of a directory that can be made, in a place of the host where nobody else is. */
    readonly directory: Effect.Effect<string, never, Scope.Scope>
    /** What a guest reads at `etc/resolv.conf`, and null where it finds no file of ours. */
    readonly content: (rootfs: string) => Effect.Effect<string | null>
    /** `umount $rootfs/etc/resolv.conf`, by somebody. */
    readonly unmount: (rootfs: string) => Effect.Effect<void>
    /** Mounts something on top of what is at `etc/resolv.conf`. */
    readonly cover: (rootfs: string) => Effect.Effect<void>
    /** Deletes the directory, mounts in it or not. */
    readonly remove: (rootfs: string) => Effect.Effect<void>
    /** Everything below the rootfs and the host's directories, and every mount, in some comparable form. */
    readonly picture: Effect.Effect<unknown>
  }
>()("@vmnet/testkit/MountFixture") {}
