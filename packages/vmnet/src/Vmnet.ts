import type {
  Attachment,
  CheckResult,
  Diagnosis,
  DownResult,
  GcAction,
  NetworkDetail,
  Plan,
  RepairResult,
  ResolvConfResult,
  Status,
  VmDetail
} from "@vmnet/core"
import type { AttachedVm } from "./AttachedVm.ts"
import type { CallOptions, DownOptions, GcOptions, UpOptions, VmsOptions } from "./options.ts"
import type { VmnetError } from "./VmnetError.ts"

/** What `gc` did, and what it could not remove: that is recorded still. */
export interface GcReport {
  readonly actions: ReadonlyArray<GcAction>
  readonly problems: ReadonlyArray<VmnetError>
  /** VMs that were in the kernel with this install's tag and on no record; absent where there are none. */
  readonly unrecorded?: ReadonlyArray<string>
}

/** The answer for one VM of several: what its `up` or `down` alone would have resolved with, or the error. */
export type EachVm<A> =
  | { readonly vm: string; readonly value: A; readonly error?: never }
  | { readonly vm: string; readonly value?: never; readonly error: VmnetError }

/** vmnet on one host, as promises. Every one of them rejects with a `VmnetError`, or with the reason of its signal. */
export interface Vmnet extends AsyncDisposable {
  /**
   * Attaches a VM, or gives the same answer again for the same request. Rejects with `VM_CONFLICT` (it is up otherwise),
   * `PORT_IN_USE`, `ADDRESS_EXHAUSTED`, `NO_PERMISSION`, ... with nothing left behind.
   */
  readonly up: (options: UpOptions) => Promise<AttachedVm>
  /**
   * Attaches several VMs with as few kernel calls as that takes, and answers for each, in order: one that fails keeps no other
   * down. Rejects when something is wrong with the options of one, before anything is done. Aborted, it undoes those it was
   * working on; those that were finished before (64 go together) stay up.
   */
  readonly upMany: (
    vms: ReadonlyArray<Omit<UpOptions, "signal">>,
    options?: CallOptions
  ) => Promise<ReadonlyArray<EachVm<AttachedVm>>>
  /** What `up` would do, with every check `up` makes, and nothing changed or reserved. */
  readonly plan: (options: UpOptions) => Promise<Plan>
  /**
   * Detaches a VM and undoes everything that was done for it. Resolves with `releasing` as soon as nothing passes to or from
   * it, while the kernel still takes it apart, or, with `wait: true`, with `removed` when all is gone; with `absent` when
   * there is none, which is success. What fails behind `releasing` is a warning (`onWarning`), and on record: `gc`, or `down`
   * again, goes on with it.
   */
  readonly down: (vm: string, options?: DownOptions) => Promise<DownResult>
  /** Detaches several VMs together and answers for each, in order: one that cannot be removed keeps no other up. */
  readonly downMany: (vms: ReadonlyArray<string>, options?: CallOptions) => Promise<ReadonlyArray<EachVm<DownResult>>>
  readonly list: (options?: CallOptions) => Promise<ReadonlyArray<Attachment>>
  /** A VM with every kernel object of its own. Rejects with `VM_NOT_FOUND`. */
  readonly show: (vm: string, options?: CallOptions) => Promise<VmDetail>
  /** Publishes more ports of a live VM, all or none. */
  readonly publish: (vm: string, specs: string | ReadonlyArray<string>, options?: CallOptions) => Promise<Attachment>
  /** Takes published ports back, named as they were published, all or none. */
  readonly unpublish: (vm: string, specs: string | ReadonlyArray<string>, options?: CallOptions) => Promise<Attachment>
  /**
   * Mounts a resolver file of a live VM over `etc/resolv.conf` of a root file system, read-only, until `down`. The same
   * directory again is the same answer. `rootfs` is absolute.
   */
  readonly resolvConf: (vm: string, rootfs: string, options?: CallOptions) => Promise<ResolvConfResult>
  /** The networks of the configuration, those in use, and the backends' own. */
  readonly networks: (options?: CallOptions) => Promise<ReadonlyArray<NetworkDetail>>
  /** Forgets a network nobody uses, and the addresses it remembers for VMs of old. Rejects with `NETWORK_IN_USE`. */
  readonly removeNetwork: (network: string, options?: CallOptions) => Promise<DownResult>
  /** Takes down the VMs whose owner is provably gone, and what was begun by a process that died. */
  readonly gc: (options?: GcOptions) => Promise<GcReport>
  /** Compares every object on record with the kernel, of `vms` and what they share, or of all; changes nothing. */
  readonly check: (options?: VmsOptions) => Promise<CheckResult>
  /** Puts back what `check` finds, with nothing else touched; what it leaves, it says why. */
  readonly repair: (options?: VmsOptions) => Promise<RepairResult>
  /**
   * What of this host keeps guests from working, and how it is mended. Read-only: it needs no rights, tells what it could
   * not see, and makes no state directory.
   */
  readonly doctor: (options?: CallOptions) => Promise<Diagnosis>
  /** What vmnet holds on this host: VMs, networks, ports, changed sysctls. */
  readonly status: (options?: CallOptions) => Promise<Status>
  /** Waits for what is in flight, VMs that are `releasing` among it, then lets go of the record. VMs stay up. `await using` does it. */
  readonly close: () => Promise<void>
}
