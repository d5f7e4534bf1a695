import { type NatElement, type NatFinding, natElementKey, type Netns, type OpsError } from "@vmnet/core"
import { Effect } from "effect"
import { type Attempt, invalid } from "../errors/opsErrors.ts"
import { type Index, indexOf, judge } from "./compare.ts"
import { contradictions, encode } from "./encode.ts"
import type { Nft } from "./Nft.ts"
import { objectionToElement } from "./validateElement.ts"

/** The entries that are there of those that elements consist of, or must not have. */
export const entriesOf = (
  nft: Nft,
  netns: Netns,
  attempt: Attempt,
  install: string,
  elements: ReadonlyArray<NatElement>
): Effect.Effect<Index, OpsError> => {
  const wanted = elements.flatMap((element) => [...encode(element), ...contradictions(element)])
  return Effect.map(nft.entries(netns, attempt, install, wanted), indexOf)
}

/** Looks elements up by key: one finding for each, whatever becomes of the others. */
export const findElements = Effect.fnUntraced(function* (
  nft: Nft,
  netns: Netns,
  attempt: Attempt,
  install: string,
  elements: ReadonlyArray<NatElement>
): Effect.fn.Return<ReadonlyArray<NatFinding>, OpsError> {
  for (const [index, element] of elements.entries()) {
    const words = objectionToElement(element)
    if (words !== undefined)
      return yield* invalid({ ...attempt, action: `find ${natElementKey(element)}` }, words, index)
  }
  if (elements.length === 0) return []
  const index = yield* entriesOf(nft, netns, attempt, install, elements)
  return elements.map((element) => judge(element, index))
})
