import { Context, type Effect } from "effect"
import type { OpsError } from "../errors/OpsError.ts"
import type { Protocol } from "./NatElement.ts"
import type { Netns } from "./Netns.ts"

/** A process that cannot be mistaken for another: pid, start time in clock ticks since boot, and boot id. */
export interface ProcessId {
  readonly pid: number
  readonly startTime: string
  readonly bootId: string
  /** In which pid namespace that is its pid; absent where it is not known, and then taken to be the asker's own. */
  readonly pidns?: string
}

/** A socket bound on the host. `address` is `0.0.0.0` for every address (IPv6 `::` counts as it). */
export interface BoundSocket {
  readonly protocol: Protocol
  readonly address: string
  readonly port: number
}

/** Whether some process has a TAP open, and who may open it besides root: `null` where no one is named. */
export interface TapUse {
  readonly held: boolean
  readonly uid: number | null
  readonly gid: number | null
}

/**
 * Read-only questions about the host that are neither links nor firewall.
 *
 * `self` is this process, `find` a running one (`null`: no such process), `alive` whether exactly that process still
 * runs (same pid, start time and boot; a zombie is gone). `alive` is synchronous because it is asked inside ledger
 * transactions. `sockets` lists bound TCP listeners and UDP sockets of vmnet's own namespace.
 */
export class HostProbe extends Context.Service<
  HostProbe,
  {
    readonly self: ProcessId
    readonly find: (pid: number) => ProcessId | null
    readonly alive: (process: ProcessId) => boolean
    readonly sockets: Effect.Effect<ReadonlyArray<BoundSocket>, OpsError>
    /** How a TAP of vmnet's own namespace is used; one that is not there is not. It is asked whenever one is handed out. */
    readonly tapUse: (device: string) => Effect.Effect<TapUse, OpsError>
    /** Whether a process is in a namespace. Who cannot be looked at may be: then it is. */
    readonly inhabited: (netns: Netns) => Effect.Effect<boolean, OpsError>
    /** The device behind each `/dev/net/tun` that a process has open, empty for one without a device (any more). */
    readonly tunsOf: (process: ProcessId) => ReadonlyArray<string>
    /** The same text for two values exactly when they are one namespace now; `null` when there is none. */
    readonly namespace: (netns: Netns) => string | null
    /** The host's own IPv4 resolvers that a guest could use: loopback ones (127.0.0.53) are replaced or left out. */
    readonly resolvers: Effect.Effect<ReadonlyArray<string>>
    /** The capabilities a change needs that this process lacks, such as `CAP_NET_ADMIN`; empty when it may go ahead. */
    readonly missingCapabilities: ReadonlyArray<string>
  }
>()("@vmnet/core/HostProbe") {}
