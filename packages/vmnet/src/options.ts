import type { Backend, ProgressStep } from "@vmnet/core"
import type { OpsChoice } from "./host/layerOps.ts"
import type { Kernel } from "./host/layers.ts"

/** A configuration as an object: what `vmnet config schema` describes, with `networks`, `vms` and `forwarding`. */
export interface ConfigObject {
  readonly networks?: Readonly<Record<string, unknown>> | undefined
  readonly vms?: Readonly<Record<string, unknown>> | undefined
  readonly forwarding?: "global" | "per-interface" | "require" | undefined
}

export interface VmnetOptions {
  /**
   * The configuration: the path of a file (read again by every verb that needs it), its text, or an object. If absent
   * `$VMNET_CONFIG`, then `/etc/vmnet/config.yaml`, as the command does; `{}` is none.
   */
  readonly config?: string | { readonly text: string } | ConfigObject | undefined
  /**
   * Where leases are recorded, 0700. If absent `/run/vmnet` for root, `$XDG_RUNTIME_DIR/vmnet` for anybody else: there
   * the command `vmnet` sees what code has done, and the other way round.
   */
  readonly stateDir?: string | undefined
  /** Backends beside the built-in ones. */
  readonly backends?: ReadonlyArray<Backend> | undefined
  /** The kernel to work on; this host's if absent. `MemoryKernel.make()` of `@vmnet/testkit` is one. */
  readonly kernel?: Kernel | undefined
  /** How this host's kernel is reached: calls in this process (`native`), programs (`exec`), or what works if absent (`auto`). */
  readonly ops?: OpsChoice | undefined
  /** Told of every step as it begins. */
  readonly onProgress?: ((step: ProgressStep) => void) | undefined
  /** Told what went wrong while undoing, which no promise rejects with; a warning of the process if absent. */
  readonly onWarning?: ((message: string) => void) | undefined
}

export interface CallOptions {
  /** Ends the work: what it had begun is undone, then the promise rejects with the signal's reason. */
  readonly signal?: AbortSignal | undefined
}

export interface DownOptions extends CallOptions {
  /**
   * Whether to wait until all is gone. If absent or `false` the promise resolves, with `releasing`, as soon as nothing passes
   * to or from the VM any more; the rest goes on behind it, `up` of the same name waits for it, and so does `close()`. What
   * cannot be cut off at once (slirp) is waited for all the same, and is `removed`.
   */
  readonly wait?: boolean | undefined
}

/** Which VMs are meant: all if absent. */
export interface VmsOptions extends CallOptions {
  readonly vms?: string | ReadonlyArray<string> | undefined
}

export interface GcOptions extends CallOptions {
  /** Says what would be deleted, and changes nothing. */
  readonly dryRun?: boolean | undefined
  /** An emergency measure: also what has no tag, by its name and addresses, where nobody uses it. */
  readonly forceHeuristic?: boolean | undefined
  /** Seconds after which nothing new is begun; the rest is told, as a `BUSY` problem. 60 if absent. */
  readonly timeout?: number | undefined
}

/** What a VM should get, in the words of `vmnet up`; what is absent comes from the configuration. */
export interface UpOptions extends CallOptions {
  /** `[a-z0-9][a-z0-9._-]{0,62}`. */
  readonly vm: string
  /** `bridge`, `netns`, `tap`, or one of `backends`; as its network says if absent. */
  readonly backend?: string | undefined
  /** The backend's own if absent. */
  readonly network?: string | undefined
  /** `[HOSTIP:]PORT[-END]:GUESTPORT[-END][/tcp|udp]`, such as `8080:80`. */
  readonly publish?: string | ReadonlyArray<string> | undefined
  /** What it may open connections to: `internet`, `none`, or `ADDRESS[/PREFIX][:PORT[-END]][/tcp|udp]`, one or several. */
  readonly egress?: string | ReadonlyArray<string> | undefined
  /** A fixed IPv4 address out of the network's subnet. */
  readonly ip?: string | undefined
  /** A fixed hardware address of the guest. */
  readonly mac?: string | undefined
  /** A fixed slot of a netns network, from 1 on. */
  readonly slot?: number | string | undefined
  /** Who may open the TAP besides root: a numeric `UID` or `UID:GID`. */
  readonly tapOwner?: number | string | undefined
  /** The path of a network namespace to put a veth into, instead of a TAP. */
  readonly netns?: string | undefined
  /** A process whose network namespace gets a veth, instead of a TAP. */
  readonly pid?: number | string | undefined
  /** The process the VM belongs to: once it is gone, the next `up` of the VM starts afresh. */
  readonly ownerPid?: number | string | undefined
}
