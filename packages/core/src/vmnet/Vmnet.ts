import { Context, type Effect, type Result } from "effect"
import type { VmnetError } from "../errors/VmnetError.ts"
import type { Attachment, LeaseState } from "../plan/Attachment.ts"
import type { AttachRequest, NetworkSpec, PublishSpec } from "../plan/AttachRequest.ts"
import type { Plan } from "../plan/Plan.ts"

/** What `up` did. `existing` is true when the same request had been answered before and nothing was changed. */
export interface UpResult {
  readonly attachment: Attachment
  readonly existing: boolean
}

/** The answer for one VM of a verb about several: each has its own. */
export interface EachVm<A> {
  readonly vm: string
  readonly result: Result.Result<A, VmnetError>
}

export interface DownOptions {
  /** Only this life of the VM: what has come into its place since is left alone, and `absent` is the answer. */
  readonly generation?: number
  /**
   * Whether to answer only when all is gone, which is what happens unless told otherwise. With `false` the answer is
   * `releasing` as soon as nothing passes to or from the VM any more; the kernel's waiting goes on behind it, the name is
   * free when that has come to its end (`up` waits for it), and closing the service waits for it as well. What cannot be cut
   * off at once is waited for all the same: then the answer is `removed`.
   */
  readonly wait?: boolean
}

/**
 * What `down` did: `absent` when there was nothing to take down, which is success; `releasing` when it is cut off, and the
 * rest is not waited for.
 */
export interface DownResult {
  readonly vm: string
  readonly outcome: "removed" | "absent" | "releasing"
  /** What stands where something of the VM's should be, but is somebody else's; absent where there is nothing of the sort. */
  readonly left?: ReadonlyArray<LeftAlone>
}

/** An object that was not touched. Its name may be anything. */
export interface LeftAlone {
  readonly kind: string
  readonly name: string
}

/** A lease with what stands behind it: `show` prints it. */
export interface VmDetail {
  readonly attachment: Attachment
  readonly request: AttachRequest
  readonly createdAt: string
  readonly resources: ReadonlyArray<{ readonly kind: string; readonly what: string; readonly state: string }>
  /** Why a `failed` lease is kept, or what of it has ended, one line each. */
  readonly problems: ReadonlyArray<string>
  /** The process in whose user and network namespaces the device is, where it is in those of a helper. */
  readonly holder?: { readonly pid: number; readonly startTime: string }
}

export interface GcOptions {
  /** Only say what would be done. */
  readonly dryRun: boolean
  /** Seconds after which nothing new is begun; 60 if absent. */
  readonly timeout?: number
  /**
   * An emergency measure, for a host whose record is lost with the tags: also links and namespaces without any tag that
   * are called as ours are, where their addresses are in subnets of ours and nobody uses them.
   */
  readonly forceHeuristic?: boolean
}

/**
 * Whose an object is: ours and nobody's any more (`owned`), somebody's who may still want it (`in-use`), not ours
 * (`not-owned`), or not looked at because time ran out (`not-judged`).
 */
export type GcVerdict = "owned" | "in-use" | "not-owned" | "not-judged"

/**
 * One object and what `gc` did with it; `vm` is null for what several VMs had used, and `netns` for the host's own
 * namespace. `skipped` and `owned` is what could not be removed; `moved` is a damaged ledger, which is kept under another
 * name. The reason begins with the verdict, in words.
 */
export interface GcAction {
  readonly action: "deleted" | "skipped" | "would-delete" | "moved" | "would-move"
  readonly verdict: GcVerdict
  readonly reason: string
  readonly vm: string | null
  readonly kind: string
  readonly name: string
  readonly netns: string | null
}

export interface GcResult {
  readonly actions: ReadonlyArray<GcAction>
  /** What could not be removed, it is recorded still; and `BUSY` when time ran out. */
  readonly problems: ReadonlyArray<VmnetError>
  /** VMs that were in the kernel with this install's tag and on no record; absent where there are none. */
  readonly unrecorded?: ReadonlyArray<string>
}

/**
 * One way in which an object is not as planned. `unfinished` is what somebody died over, or whose record was lost; `foreign` is somebody else's
 * object in its place. `vm` is null for what several VMs share, and `netns` for the host's own namespace.
 */
export interface DriftItem {
  readonly vm: string | null
  readonly kind: string
  readonly name: string
  readonly netns: string | null
  readonly drift: "missing" | "altered" | "foreign" | "unfinished"
  readonly detail: string
  readonly expected?: string
  readonly found?: string
}

export interface CheckResult {
  readonly drift: ReadonlyArray<DriftItem>
}

/** One object and what `repair` did about it; `left` is not as planned still, and the reason says what to do. */
export interface RepairAction {
  readonly action: "restored" | "left"
  readonly reason: string
  readonly vm: string | null
  readonly kind: string
  readonly name: string
}

export interface RepairResult {
  readonly actions: ReadonlyArray<RepairAction>
}

/** A guest's resolver file: `existing` when it was there already and nothing was changed. */
export interface ResolvConfResult {
  readonly vm: string
  /** Absolute, without a symbolic link in it. */
  readonly rootfs: string
  /** What is mounted over: `<rootfs>/etc/resolv.conf`. */
  readonly path: string
  readonly nameservers: ReadonlyArray<string>
  readonly existing: boolean
}

export interface NetworkDetail {
  readonly network: string
  readonly backend: string
  readonly subnet: string
  readonly gateway: string
  /** The bridge, when the network is up. */
  readonly device: string | null
  readonly state: "up" | "down"
  readonly vms: ReadonlyArray<string>
  /** Addresses a guest could still get; null where each guest has the same in a namespace of its own. */
  readonly free: number | null
  /** Absent where the network has no pool, and none is left of one. */
  readonly pool?: PoolDetail
  /** `config`, `ledger` (live but no longer configured) or `default`. */
  readonly source: "config" | "ledger" | "default"
}

/** The devices of a network's pool: those that wait for a VM, and those that VMs have. */
export interface PoolDetail {
  readonly ready: number
  readonly leased: number
}

export interface WarmResult extends PoolDetail {
  readonly network: string
  /** How many were made now. */
  readonly made: number
}

/** Networks there could be: those of the configuration, and the backends' own. */
export interface KnownNetworks {
  readonly config: ReadonlyArray<NetworkSpec>
  readonly default: ReadonlyArray<NetworkSpec>
}

export interface Status {
  readonly install: string
  readonly stateDir: string
  readonly leases: Readonly<Record<LeaseState, number>>
  /** After a record was lost: VMs that are there without one, and what cannot be put back, one line each. */
  readonly lost?: { readonly vms: ReadonlyArray<string>; readonly notes: ReadonlyArray<string> }
  readonly networks: number
  readonly published: number
  /** Pools that have devices, in use or ready. */
  readonly pools: ReadonlyArray<PoolDetail & { readonly network: string }>
  /** Sysctls vmnet holds changed, with what it found and will put back. */
  readonly sysctls: ReadonlyArray<{ readonly key: string; readonly value: string; readonly before: string }>
}

/**
 * Everything vmnet does, one method per verb. Callers print; this decides. All errors are `VmnetError`s with a stable
 * code. Interruption of `up` (a signal) rolls back like a failure; interruption of `down` leaves the record, so that
 * `down` again goes on where it stopped.
 */
export class Vmnet extends Context.Service<
  Vmnet,
  {
    /** Attaches, or gives the same answer again for the same request; another request for a live VM is a conflict. */
    readonly up: (request: AttachRequest) => Effect.Effect<UpResult, VmnetError>
    /**
     * Attaches several VMs with as few kernel calls and transactions as that takes, and answers for each, in order, what
     * `up` would. One that fails keeps no other one down. Fails itself only when a VM is named twice. Interrupted, the VMs
     * that were being worked on are undone together; those that were finished before stay up.
     */
    readonly upMany: (
      requests: ReadonlyArray<AttachRequest>
    ) => Effect.Effect<ReadonlyArray<EachVm<UpResult>>, VmnetError>
    /** What `up` would do, with every check `up` makes, and nothing changed or reserved. */
    readonly plan: (request: AttachRequest) => Effect.Effect<Plan, VmnetError>
    /** Detaches. Success when the VM is unknown. */
    readonly down: (vm: string, options?: DownOptions) => Effect.Effect<DownResult, VmnetError>
    /** Detaches several VMs together and answers for each, in order, what `down` would. */
    readonly downMany: (vms: ReadonlyArray<string>) => Effect.Effect<ReadonlyArray<EachVm<DownResult>>>
    readonly list: Effect.Effect<ReadonlyArray<Attachment>, VmnetError>
    readonly show: (vm: string) => Effect.Effect<VmDetail, VmnetError>
    /** Publishes more ports of a live VM; all of them or none. */
    readonly publish: (vm: string, specs: ReadonlyArray<PublishSpec>) => Effect.Effect<Attachment, VmnetError>
    /** Takes published ports back, named exactly as published; all of them or none. */
    readonly unpublish: (vm: string, specs: ReadonlyArray<PublishSpec>) => Effect.Effect<Attachment, VmnetError>
    /** Mounts a resolver file of a live VM over that of a rootfs, until `down`. The same rootfs again is the same answer. */
    readonly resolvConf: (vm: string, rootfs: string) => Effect.Effect<ResolvConfResult, VmnetError>
    /** The networks in use, merged with the given ones. */
    readonly networks: (known: KnownNetworks) => Effect.Effect<ReadonlyArray<NetworkDetail>, VmnetError>
    /** Makes what a network's pool lacks of the devices it is to keep ready. */
    readonly warm: (network: NetworkSpec) => Effect.Effect<WarmResult, VmnetError>
    /** Forgets a network nobody uses, with what its pool has ready (its sticky addresses and cooldowns with it). */
    readonly removeNetwork: (network: string) => Effect.Effect<DownResult, VmnetError>
    /**
     * Takes back the leases whose owner is provably gone, or that never came up and whose creator is; and what whoever
     * died had begun. It waits for nobody: what is being worked on is in use.
     */
    readonly gc: (options: GcOptions) => Effect.Effect<GcResult, VmnetError>
    /** Compares every object on record with the kernel: of these VMs and what they share, or all. Changes nothing. */
    readonly check: (vms?: ReadonlyArray<string>) => Effect.Effect<CheckResult, VmnetError>
    /** Puts back what `check` finds, in place and with nothing else touched, or says why it cannot. */
    readonly repair: (vms?: ReadonlyArray<string>) => Effect.Effect<RepairResult, VmnetError>
    readonly status: Effect.Effect<Status, VmnetError>
  }
>()("@vmnet/core/Vmnet") {}
