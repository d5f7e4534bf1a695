import { Context, type Effect } from "effect"
import type { OpsError } from "../errors/OpsError.ts"
import type { LinkChange } from "./LinkChange.ts"
import type { Netns } from "./Netns.ts"

/** A link as observed. Every text in it may be hostile: names and aliases are whatever the kernel allows. */
export interface Link {
  readonly link: string
  readonly index: number
  /** `bridge`, `tun`, `veth`, ... as the kernel calls it; empty when the kernel gives none. */
  readonly type: string
  readonly mac: string
  readonly mtu: number
  readonly up: boolean
  readonly alias: string
  readonly master: string | null
  readonly addresses: ReadonlyArray<string>
  /** A bridge port that reaches no other isolated port of its bridge; absent on all other links. */
  readonly isolated?: true
  /** Who may open a TAP besides root, null where no one is named; absent where it is not known, and on all other links. */
  readonly owner?: { readonly uid: number | null; readonly gid: number | null }
  /**
   * Whether a TAP is up and somebody has it open, in whatever process and namespace (`ip link`: `LOWER_UP`); of one that is
   * down the kernel does not say. Absent on all other links: there it is not about who uses them.
   */
  readonly carrier?: boolean
}

/**
 * A namespace as observed: what its loopback device carries as alias (empty while it is half made); null for a name that
 * no namespace is mounted on, such as a symbolic link.
 */
export interface FoundNetns {
  readonly alias: string | null
}

/** An IPv4 route of the main table. `destination` is a prefix (a default route is `0.0.0.0/0`). */
export interface Route {
  readonly destination: string
  readonly link: string | null
  readonly via: string | null
  readonly metric: number
}

/** A permanent neighbour entry. */
export interface Neighbour {
  readonly link: string
  readonly address: string
  readonly mac: string
}

/** A link, or null, and what is configured on it. */
export interface Configured {
  readonly link: Link | null
  readonly routes: ReadonlyArray<Route>
  readonly neighbours: ReadonlyArray<Neighbour>
}

export interface LinkSnapshot {
  readonly links: ReadonlyArray<Link>
  readonly routes: ReadonlyArray<Route>
  readonly neighbours: ReadonlyArray<Neighbour>
}

/**
 * Links, addresses, routes and neighbours of a namespace.
 *
 * `apply` runs the changes in order and stops at the first that fails; the error carries its `index`. Changes before it
 * stay applied, the failed one may be: callers read back with `find`. `find` is a direct lookup by name (`null` is
 * proof of absence), never a filtered dump. `findNetns` does the same for namespaces by name. `netnsNames` lists the names
 * there are, whoever's; what they lead to is for `findNetns` to say. `configuredOn` does
 * what `find` does and lists the routes and neighbours of each of the links, nothing for one that is not there, at a cost that does not grow with
 * the other links; routes over several next hops are on none of them. `snapshot` is a dump, for what has no name to look up.
 */
export class LinkOps extends Context.Service<
  LinkOps,
  {
    readonly apply: (netns: Netns, changes: ReadonlyArray<LinkChange>) => Effect.Effect<void, OpsError>
    readonly find: (netns: Netns, links: ReadonlyArray<string>) => Effect.Effect<ReadonlyArray<Link | null>, OpsError>
    readonly findNetns: (names: ReadonlyArray<string>) => Effect.Effect<ReadonlyArray<FoundNetns | null>, OpsError>
    readonly netnsNames: Effect.Effect<ReadonlyArray<string>, OpsError>
    readonly configuredOn: (
      netns: Netns,
      links: ReadonlyArray<string>
    ) => Effect.Effect<ReadonlyArray<Configured>, OpsError>
    readonly snapshot: (netns: Netns) => Effect.Effect<LinkSnapshot, OpsError>
  }
>()("@vmnet/core/LinkOps") {}
