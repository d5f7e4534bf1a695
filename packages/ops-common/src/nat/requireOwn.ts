import { type NatChange, type Netns, OpsError } from "@vmnet/core"
import { Effect } from "effect"
import type { Attempt } from "../errors/opsErrors.ts"
import type { Index } from "./compare.ts"
import { contradictions, encode } from "./encode.ts"
import { entriesOf } from "./findElements.ts"
import type { Nft } from "./Nft.ts"
import { keyOf } from "./sets.ts"
import { describe } from "./validateChanges.ts"

type Restoration = Extract<NatChange, { readonly _tag: "RestoreElement" }>

const strangerIn = ({ element, owner }: Restoration, there: Index): string | undefined =>
  [...encode(element), ...contradictions(element)].find(
    (entry) => (there.get(keyOf(entry))?.comment ?? owner) !== owner
  )?.set

const isFound = (change: NatChange): change is Extract<NatChange, { _tag: "RestoreElement" | "RemoveElement" }> =>
  change._tag === "RestoreElement" || change._tag === "RemoveElement"

/**
 * What is there of the elements to be restored or removed. Refuses to restore where a part of one is somebody else's: what was not made for this
 * owner is neither taken over nor deleted.
 */
export const requireOwn = Effect.fnUntraced(function* (
  nft: Nft,
  netns: Netns,
  install: string,
  changes: ReadonlyArray<NatChange>
): Effect.fn.Return<Index, OpsError> {
  const elements = changes.flatMap((change) => (isFound(change) ? [change.element] : []))
  if (elements.length === 0) return new Map()
  const attempt: Attempt = { family: "nat", action: "find firewall entries" }
  const there = yield* entriesOf(nft, netns, attempt, install, elements)
  for (const [index, change] of changes.entries()) {
    const set = change._tag === "RestoreElement" ? strangerIn(change, there) : undefined
    if (set === undefined) continue
    const output = `an entry of its own in ${set} belongs to somebody else`
    return yield* new OpsError({ family: "nat", reason: "Exists", action: describe(change), output, index })
  }
  return there
})
