import type { Accelerator } from "./qemu.ts"

interface CommonOptions {
  /** Hardware address of the guest's card. With `qemuArgs` only needed to change what those say. */
  readonly mac?: string
  /** Address with prefix length, for example `10.0.42.7/24`. */
  readonly address: string
  /** Next hop of the default route; it may lie outside of the guest's subnet. Without one there is no default route. */
  readonly gateway?: string
  readonly dns?: ReadonlyArray<string>
  /** Bytes. */
  readonly mtu?: number
  /** Path of the network namespace that has the device, for example `/run/netns/vmnet-1`. */
  readonly netns?: string
  /** An argv to start QEMU behind, for a device that a namespace path alone does not lead to: `["nsenter", ...]`. */
  readonly enter?: ReadonlyArray<string>
  /**
   * The guest is one that was saved with its network configured: guests with the same options are one machine, continued
   * several times, and none of them does anything before it is spoken to.
   */
  readonly resumed?: boolean
  /** Default `tcg`, which works everywhere. `kvm` needs a usable /dev/kvm. */
  readonly accelerator?: Accelerator
  /** MiB; default 96. */
  readonly memory?: number
  /** Directory for images; by default one of this user below the system's temporary directory. */
  readonly cacheDirectory?: string
  /** Milliseconds until a boot counts as failed. Default 60 000. */
  readonly bootTimeout?: number
}

/** A guest on a TAP device, or with network arguments for QEMU as a user would give them. */
export type GuestOptions = CommonOptions &
  (
    | { readonly device: string; readonly qemuArgs?: never }
    | { readonly qemuArgs: ReadonlyArray<string>; readonly device?: never }
  )
