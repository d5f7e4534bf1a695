import type { NatChange } from "@vmnet/core"
import { encode } from "./encode.ts"
import { isIntervalSet, type SetElement } from "./sets.ts"

/**
 * One command of a transaction, with the index of the change it comes from. `Add` is for intervals that are about to be
 * deleted: see `commandsOf`.
 */
export type Command =
  | { readonly _tag: "CreateLayout"; readonly index: number }
  | { readonly _tag: "DeleteLayout"; readonly index: number }
  | { readonly _tag: "Create"; readonly index: number; readonly entry: SetElement; readonly owner: string }
  | { readonly _tag: "Add"; readonly index: number; readonly entry: SetElement }
  | { readonly _tag: "Delete"; readonly index: number; readonly entry: SetElement }

/**
 * The kernel deletes an interval by its lower ends alone (nft_set_pipapo): asked for 443-444 it would delete 443-443. To
 * add the very interval first does nothing where it exists, and fails where another one is in its place.
 */
const deletion = (entry: SetElement, index: number): ReadonlyArray<Command> => [
  ...(isIntervalSet(entry.set) ? [{ _tag: "Add", index, entry } as const] : []),
  { _tag: "Delete", index, entry }
]

export const commandsOf = (changes: ReadonlyArray<NatChange>): ReadonlyArray<Command> =>
  changes.flatMap((change, index): ReadonlyArray<Command> => {
    switch (change._tag) {
      case "AddLayout":
        return [{ _tag: "CreateLayout", index }]
      case "DeleteLayout":
        return [{ _tag: "DeleteLayout", index }]
      case "AddElement":
        return encode(change.element).map((entry) => ({ _tag: "Create", index, entry, owner: change.owner }))
      case "DeleteElement":
        return encode(change.element).flatMap((entry) => deletion(entry, index))
    }
  })
