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

/**
 * How the resources of one family are made, found and removed. The lists are neighbours of one plan; `apply` makes them
 * in order with as few kernel calls as possible, `remove` takes them in the order given and fails if one is not there.
 * `find` looks each up directly and never concludes absence from a dump.
 */
export interface Driver {
  readonly apply: (resources: ReadonlyArray<OwnedResource>) => Effect.Effect<void, OpsError>
  readonly find: (resources: ReadonlyArray<OwnedResource>) => Effect.Effect<ReadonlyArray<Presence>, OpsError>
  readonly remove: (resources: ReadonlyArray<OwnedResource>) => Effect.Effect<void, OpsError>
}
