import type { Attachment, DownResult, NetworkDetail, Plan, Status, VmDetail } from "@vmnet/core"
import type { AttachedVm } from "./AttachedVm.ts"
import type { CallOptions, UpOptions } from "./options.ts"

/** vmnet on one host, as promises. Every one of them rejects with a `VmnetError`, or with the reason of its signal. */
export interface Vmnet extends AsyncDisposable {
  /**
   * Attaches a VM, or gives the same answer again for the same request. Rejects with `VM_CONFLICT` (it is up otherwise),
   * `PORT_IN_USE`, `ADDRESS_EXHAUSTED`, `NO_PERMISSION`, ... with nothing left behind.
   */
  readonly up: (options: UpOptions) => Promise<AttachedVm>
  /** What `up` would do, with every check `up` makes, and nothing changed or reserved. */
  readonly plan: (options: UpOptions) => Promise<Plan>
  /** Detaches a VM and undoes everything that was done for it; `absent` when there is none, which is success. */
  readonly down: (vm: string, options?: CallOptions) => Promise<DownResult>
  readonly list: (options?: CallOptions) => Promise<ReadonlyArray<Attachment>>
  /** A VM with every kernel object of its own. Rejects with `VM_NOT_FOUND`. */
  readonly show: (vm: string, options?: CallOptions) => Promise<VmDetail>
  /** Publishes more ports of a live VM, all or none. */
  readonly publish: (vm: string, specs: string | ReadonlyArray<string>, options?: CallOptions) => Promise<Attachment>
  /** Takes published ports back, named as they were published, all or none. */
  readonly unpublish: (vm: string, specs: string | ReadonlyArray<string>, options?: CallOptions) => Promise<Attachment>
  /** The networks of the configuration, those in use, and the backends' own. */
  readonly networks: (options?: CallOptions) => Promise<ReadonlyArray<NetworkDetail>>
  /** Forgets a network nobody uses, and the addresses it remembers for VMs of old. Rejects with `NETWORK_IN_USE`. */
  readonly removeNetwork: (network: string, options?: CallOptions) => Promise<DownResult>
  /** What vmnet holds on this host: VMs, networks, ports, changed sysctls. */
  readonly status: (options?: CallOptions) => Promise<Status>
  /** Waits for what is in flight, then lets go of the record. VMs stay up. `await using` does it. */
  readonly close: () => Promise<void>
}
