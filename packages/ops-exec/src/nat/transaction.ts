import type { NatChange, NatElement } from "@vmnet/core"
import { contradictions, encode } from "./encode.ts"
import { isIntervalSet, type SetElement } from "./sets.ts"

/**
 * One command of a transaction, with the index of the change it comes from. `Add` is for intervals that are about to be
 * deleted (see `deletion`); `RequireAbsent` creates an entry and deletes it again, which fails where it is there.
 */
export type Command =
  | { readonly _tag: "CreateLayout"; readonly index: number }
  | { readonly _tag: "DeleteLayout"; readonly index: number }
  | { readonly _tag: "Create"; readonly index: number; readonly entry: SetElement; readonly owner: string }
  | { readonly _tag: "Add"; readonly index: number; readonly entry: SetElement }
  | { readonly _tag: "RequireAbsent"; readonly index: number; readonly entry: SetElement }
  | { readonly _tag: "Delete"; readonly index: number; readonly entry: SetElement }

/**
 * The kernel deletes an interval by its lower ends alone (nft_set_pipapo): asked for 443-444 it would delete 443-443. To
 * add the very interval first does nothing where it exists, and fails where another one is in its place.
 */
const deletion = (entry: SetElement, index: number): ReadonlyArray<Command> => [
  ...(isIntervalSet(entry.set) ? [{ _tag: "Add", index, entry } as const] : []),
  { _tag: "Delete", index, entry }
]

const guards = (element: NatElement, index: number): ReadonlyArray<Command> =>
  contradictions(element).map((entry) => ({ _tag: "RequireAbsent", index, entry }))

export const commandsOf = (changes: ReadonlyArray<NatChange>): ReadonlyArray<Command> =>
  changes.flatMap((change, index): ReadonlyArray<Command> => {
    switch (change._tag) {
      case "AddLayout":
        return [{ _tag: "CreateLayout", index }]
      case "DeleteLayout":
        return [{ _tag: "DeleteLayout", index }]
      case "AddElement":
        return [
          ...guards(change.element, index),
          ...encode(change.element).map((entry): Command => ({ _tag: "Create", index, entry, owner: change.owner }))
        ]
      case "DeleteElement":
        return [...guards(change.element, index), ...encode(change.element).flatMap((entry) => deletion(entry, index))]
    }
  })
