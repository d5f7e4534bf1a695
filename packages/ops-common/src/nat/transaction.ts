import type { NatChange, NatElement } from "@vmnet/core"
import { contradictions, encode } from "./encode.ts"
import type { Index } from "./compare.ts"
import { isIntervalSet, keyOf, type SetElement, valueOf } from "./sets.ts"

/**
 * One command of a transaction, with the index of the change it comes from. `Add` is for intervals that are about to be
 * deleted (see `deletion`); `RequireAbsent` creates an entry and deletes it again, which fails where it is there.
 */
export type Command =
  | { readonly _tag: "CreateLayout"; readonly index: number }
  | { readonly _tag: "DeleteLayout"; readonly index: number }
  | { readonly _tag: "RestoreLayout"; readonly index: number }
  | { readonly _tag: "RestoreSlotLayout"; readonly index: number }
  | { readonly _tag: "CreateSlotLayout"; readonly index: number }
  | { readonly _tag: "DeleteSlotLayout"; readonly index: number }
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

const isSlot = ({ _tag }: NatElement): boolean => _tag === "Slot"

const guards = (element: NatElement, index: number): ReadonlyArray<Command> =>
  contradictions(element).map((entry) => ({ _tag: "RequireAbsent", index, entry }))

const creations = ({ element, owner }: Extract<NatChange, { _tag: "AddElement" }>, index: number) => [
  ...guards(element, index),
  ...encode(element).map((entry): Command => ({ _tag: "Create", index, entry, owner }))
]

const deletions = (element: NatElement, index: number): ReadonlyArray<Command> => [
  ...guards(element, index),
  ...encode(element).flatMap((entry) => deletion(entry, index))
]

/** Only what is not as it must be is touched: what is right stays in force. */
const restorations = (
  { element, owner }: Extract<NatChange, { _tag: "RestoreElement" }>,
  index: number,
  there: Index
): ReadonlyArray<Command> => [
  ...(isSlot(element) ? [{ _tag: "RestoreSlotLayout", index } as const] : []),
  ...contradictions(element).flatMap((entry) => (there.has(keyOf(entry)) ? deletion(entry, index) : [])),
  ...encode(element).flatMap((entry): ReadonlyArray<Command> => {
    const found = there.get(keyOf(entry))
    const creation = { _tag: "Create", index, entry, owner } as const
    if (found === undefined) return [creation]
    return valueOf(found) === valueOf(entry) ? [] : deletion(entry, index).concat(creation)
  })
]

/** What is there of it and the owner's, as it is found: another value under our tag is ours too. */
const removals = (
  { element, owner }: Extract<NatChange, { _tag: "RemoveElement" }>,
  index: number,
  there: Index
): ReadonlyArray<Command> =>
  [...encode(element), ...contradictions(element)].flatMap((entry) =>
    there.get(keyOf(entry))?.comment === owner ? deletion(entry, index) : []
  )

/** A slot's table goes after its entries: where they are not all there, it is another one's and stays. */
export const commandsOf = (changes: ReadonlyArray<NatChange>, there: Index = new Map()): ReadonlyArray<Command> =>
  changes.flatMap((change, index): ReadonlyArray<Command> => {
    switch (change._tag) {
      case "AddLayout":
        return [{ _tag: "CreateLayout", index }]
      case "DeleteLayout":
        return [{ _tag: "DeleteLayout", index }]
      case "RestoreLayout":
        return [{ _tag: "RestoreLayout", index }]
      case "RestoreElement":
        return restorations(change, index, there)
      case "AddElement":
        return [
          ...(isSlot(change.element) ? [{ _tag: "CreateSlotLayout", index } as const] : []),
          ...creations(change, index)
        ]
      case "DeleteElement":
        return [
          ...deletions(change.element, index),
          ...(isSlot(change.element) ? [{ _tag: "DeleteSlotLayout", index } as const] : [])
        ]
      case "RemoveElement":
        return isSlot(change.element)
          ? [...deletions(change.element, index), { _tag: "DeleteSlotLayout", index } as const]
          : removals(change, index, there)
    }
  })
