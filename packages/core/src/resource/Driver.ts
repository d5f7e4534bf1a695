import type { Effect } from "effect"
import type { OpsError } from "../errors/OpsError.ts"
import type { OwnedResource } from "../ledger/ResourceRow.ts"

/**
 * What stands in a resource's place.
 *
 * - `absent`: nothing
 * - `ours`: an object that carries our tag
 * - `broken`: what is left of one of ours, which does its work no more: a process that ended, a part of a range
 * - `untagged`: an object of the right kind without any tag; ours only if we know that we made it
 * - `foreign`: somebody else's
 */
export type Presence = "absent" | "ours" | "broken" | "untagged" | "foreign"

/** One property of an object that is not as planned: `mtu`, expected `1500`, found `1400`. */
export interface Difference {
  readonly what: string
  readonly expected: string
  readonly found: string
}

/**
 * How an object differs from its plan.
 *
 * - `Missing`: it is not there; `remains` says what is left of it, which has to go before it is made again
 * - `Altered`: it is ours, and not as planned
 * - `Foreign`: somebody else's object is in its place; `by` says whose, by tag or type
 */
export type Drift =
  | { readonly _tag: "Missing"; readonly remains?: string }
  | { readonly _tag: "Altered"; readonly differences: ReadonlyArray<Difference> }
  | { readonly _tag: "Foreign"; readonly by: string }

export type Altered = Extract<Drift, { readonly _tag: "Altered" }>

/**
 * How the resources of one family are made, found and removed. The lists are neighbours of one plan; `apply` makes them
 * in order with as few kernel calls as possible, `remove` takes them in the order given (namespaces last) and fails if one is not there.
 * `find` looks each up directly and never concludes absence from a dump.
 *
 * `inspect` looks closer: `null` is exactly as planned. `plan` is all there is of the plan they are from; a
 * namespace that the plan does not make, a container's, is looked into as long as it can be entered. `mend` makes one that is `Altered` so again, in place and with
 * nothing else of it touched; it fails with `Unsupported` where only making it anew would.
 */
export interface Driver {
  readonly apply: (resources: ReadonlyArray<OwnedResource>) => Effect.Effect<void, OpsError>
  readonly find: (resources: ReadonlyArray<OwnedResource>) => Effect.Effect<ReadonlyArray<Presence>, OpsError>
  readonly remove: (resources: ReadonlyArray<OwnedResource>) => Effect.Effect<void, OpsError>
  readonly inspect: (
    resources: ReadonlyArray<OwnedResource>,
    plan: ReadonlyArray<OwnedResource>
  ) => Effect.Effect<ReadonlyArray<Drift | null>, OpsError>
  readonly mend: (owned: OwnedResource, altered: Altered) => Effect.Effect<void, OpsError>
}
