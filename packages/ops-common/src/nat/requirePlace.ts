import { type NatChange, type Netns, OpsError } from "@vmnet/core"
import { Effect } from "effect"
import type { Attempt } from "../errors/opsErrors.ts"
import type { Nft } from "./Nft.ts"
import { isSetName, isSlotSet } from "./sets.ts"
import { describe } from "./validateChanges.ts"

const isSlot = (change: NatChange): boolean => "element" in change && change.element._tag === "Slot"

const isRestoration = (change: NatChange): boolean =>
  change._tag === "RestoreLayout" || (change._tag === "RestoreElement" && isSlot(change))

const clears = (change: NatChange): boolean =>
  change._tag === "DeleteLayout" || (change._tag === "DeleteElement" && isSlot(change))

/**
 * A layout and a slot have tables of one name, and what makes one whole again adds to whatever is there. Refuses to make
 * either in the place of the other.
 */
export const requirePlace = Effect.fnUntraced(function* (
  nft: Nft,
  netns: Netns,
  install: string,
  changes: ReadonlyArray<NatChange>
) {
  const index = changes.findIndex(isRestoration)
  const change = changes[index]
  if (change === undefined || changes.slice(0, index).some(clears)) return
  const attempt: Attempt = { family: "nat", action: "look what firewall is to be restored" }
  const sets = (yield* nft.setNames(netns, attempt, install)).filter(isSetName)
  if (!sets.some((set) => isSlotSet(set) !== isSlot(change))) return
  const output = isSlot(change) ? "a firewall layout is in its place" : "the rules of a slot are in its place"
  return yield* new OpsError({ family: "nat", reason: "Exists", action: describe(change), output, index })
})
