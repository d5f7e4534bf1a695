import { Context, type Effect } from "effect"
import type { FirewallTable } from "./Firewall.ts"
import type { Route } from "./LinkOps.ts"

/**
 * What was looked at. `Unseen` is neither there nor absent: nobody could look (no permission, no answer in time, a file
 * that is too long). What is not there is a value of its own, mostly `null`.
 */
export type Sight<A> =
  | { readonly _tag: "Seen"; readonly value: A }
  | { readonly _tag: "Unseen"; readonly why: string; readonly denied: boolean }

export const seen = <A>(value: A): Sight<A> => ({ _tag: "Seen", value })
export const unseen = (why: string, denied = false): Sight<never> => ({ _tag: "Unseen", why, denied })

/** A parameter of every interface, of those to come, and of the uplink; `null` where there is none such. */
export interface InterfaceSetting {
  readonly all: string | null
  readonly default: string | null
  readonly uplink: string | null
}

export interface RoutingFacts {
  /** The device of the default route with the lowest metric. */
  readonly uplink: string | null
  readonly defaultRoutes: number
  /** IPv4 routes of the main table, those of the host's own addresses among them. */
  readonly routes: ReadonlyArray<Pick<Route, "destination" | "link">>
}

export interface ForwardingFacts extends InterfaceSetting {
  /** `net.ipv4.ip_forward` */
  readonly global: string | null
}

/** How much of a kernel table is used; `null` where this kernel (or container) has no such figure. */
export interface TableUse {
  readonly used: number | null
  readonly max: number | null
}

export interface NeighbourFacts extends TableUse {
  /** `gc_thresh1` and `gc_thresh2`; `max` is `gc_thresh3`. */
  readonly thresholds: readonly [number | null, number | null]
}

/** A program as vmnet would run it: `trusted` tells why not, `version` is the first line of what it says of itself. */
export interface ProgramFacts {
  readonly program: string
  readonly found: boolean
  /** Why it would not be run though it is there. */
  readonly distrusted: string | null
  readonly version: string | null
}

export interface ProcessFacts {
  readonly uid: number
  /** Capabilities that changes of the host's network need and this process lacks. */
  readonly missing: ReadonlyArray<string>
}

/** `/dev/net/tun`: a file of another kind is `character: false`. `usable`: this process may read and write it. */
export interface TunFacts {
  readonly character: boolean
  readonly mode: number
  readonly usable: boolean
}

/** A setting of a network manager about devices, and the file it stands in. */
export interface ManagerSetting {
  readonly file: string
  readonly value: string
}

export interface NetworkManagerFacts {
  readonly running: boolean
  /** Every `unmanaged-devices` of its configuration, in the order in which it reads them; `+` starts one that adds. */
  readonly unmanaged: ReadonlyArray<ManagerSetting>
}

/** A `.network` file of systemd-networkd: `match` is its whole `[Match]` section, one entry per line. */
export interface NetworkFile {
  readonly file: string
  readonly match: ReadonlyArray<readonly [key: string, value: string]>
  readonly unmanaged: boolean
}

export interface NetworkdFacts {
  readonly running: boolean
  /** In the order in which it tries them; the first that matches a device decides. */
  readonly files: ReadonlyArray<NetworkFile>
}

export interface KernelFacts {
  readonly release: string | null
  /** Settings that may forbid user namespaces, `null` where this kernel does not have them. */
  readonly maxUserNamespaces: string | null
  readonly unprivilegedUserNamespaces: string | null
  readonly apparmorRestriction: string | null
}

export interface StateDirectoryFacts {
  readonly kind: "directory" | "link" | "other"
  readonly uid: number
  /** Permission bits. */
  readonly mode: number
  /** Why nothing can be written there, `null` where it can; `blocks` and `inodes` is what there are none left of. */
  readonly unwritable: Sight<"read-only" | "denied" | "blocks" | "inodes" | null>
  /** The ledger in it; `format` is null where the file does not begin as one of SQLite does. */
  readonly ledger: Sight<{ readonly bytes: number; readonly format: number | null } | null>
}

/** Everything a diagnosis is made of, as plain data. Every text in it may be hostile. */
export interface HostFacts {
  readonly routing: Sight<RoutingFacts>
  readonly forwarding: Sight<ForwardingFacts>
  readonly rpFilter: Sight<InterfaceSetting>
  /** `net.bridge.bridge-nf-call-iptables`; `null` without br_netfilter. */
  readonly bridgeNetfilter: Sight<string | null>
  /** The nft ruleset: iptables-nft is part of it, iptables-legacy is not. */
  readonly nft: Sight<ReadonlyArray<FirewallTable>>
  readonly legacy: Sight<ReadonlyArray<FirewallTable>>
  readonly conntrack: Sight<TableUse>
  readonly neighbours: Sight<NeighbourFacts>
  readonly programs: ReadonlyArray<ProgramFacts>
  readonly process: Sight<ProcessFacts>
  readonly tun: Sight<TunFacts | null>
  readonly networkManager: Sight<NetworkManagerFacts>
  readonly networkd: Sight<NetworkdFacts>
  readonly kernel: Sight<KernelFacts>
  /** `null`: there is none (yet). */
  readonly stateDirectory: Sight<StateDirectoryFacts | null>
}

/**
 * The host as it is, without a word of judgement. `survey` changes nothing, never fails, needs no rights (it says what it
 * could not see), and is bounded in time and in size.
 */
export class HostSurvey extends Context.Service<
  HostSurvey,
  { readonly survey: (options: { readonly stateDir: string | null }) => Effect.Effect<HostFacts> }
>()("@vmnet/core/HostSurvey") {}
