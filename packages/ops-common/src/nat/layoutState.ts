import { type NatSnapshot, type OpsError } from "@vmnet/core"
import { Effect } from "effect"
import { type Attempt } from "../errors/opsErrors.ts"
import { type NftObject, readNft } from "./nftJson.ts"
import type { Nft } from "./Nft.ts"
import { nftFailure } from "./nftWords.ts"
import { isSlotSet } from "./sets.ts"

const structural = new Set(["table", "chain", "set", "map", "rule"])

/** What an object is, without what differs from load to load: handles, and the elements. */
const shapeOf = ({ body, kind }: NftObject): string => {
  const { elem: _elem, handle: _handle, ...shape } = body
  return `${kind} ${JSON.stringify(shape)}`
}

/** Chains and sets in any order, the rules of each chain in theirs. */
const signature = (objects: ReadonlyArray<NftObject>): string => {
  const positions = new Map<string, number>()
  const lines = objects.flatMap((object) => {
    if (!structural.has(object.kind)) return []
    if (object.kind !== "rule") return [shapeOf(object)]
    const chain = `${object.body["family"]} ${object.body["chain"]}`
    const position = (positions.get(chain) ?? 0) + 1
    positions.set(chain, position)
    return [`${position} ${shapeOf(object)}`]
  })
  return lines.sort().join("\n")
}

/**
 * What this nft says of a layout on this kernel, as nft reads it back. Comparing with that, not with a text of ours, holds across
 * versions of nft, which differ in how they print.
 */
export const reference = Effect.fnUntraced(function* (nft: Nft, layout: string) {
  const attempt: Attempt = { family: "nat", action: "load the firewall layout for comparison" }
  const answer = yield* nft.reference(attempt, layout)
  return answer.ok ? signature(yield* readNft(attempt, answer.stdout)) : yield* nftFailure(attempt, answer)
})

/** What there may be: the layout, or that of a slot. Asked for only when there is something to compare. */
export interface References {
  readonly layout: Effect.Effect<string, OpsError>
  readonly slot: Effect.Effect<string, OpsError>
}

export const layoutState = (
  listed: ReadonlyArray<NftObject>,
  references: References
): Effect.Effect<NatSnapshot["layout"], OpsError> => {
  if (!listed.some(({ kind }) => structural.has(kind))) return Effect.succeed("absent")
  const isSlot = listed.some(({ body: { name } }) => typeof name === "string" && isSlotSet(name))
  return Effect.map(isSlot ? references.slot : references.layout, (expected) =>
    signature(listed) === expected ? "present" : "altered"
  )
}
