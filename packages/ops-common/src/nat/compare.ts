import type { NatElement, NatFinding } from "@vmnet/core"
import { contradictions, encode } from "./encode.ts"
import { type FoundElement, keyOf, type SetElement, valueOf } from "./sets.ts"

export type Index = ReadonlyMap<string, FoundElement>

export const indexOf = (elements: ReadonlyArray<FoundElement>): Index =>
  new Map(elements.map((element) => [keyOf(element), element]))

/** How an expected entry differs from what is there; the owner counts as part of it. */
const difference = (expected: SetElement, found: FoundElement | undefined, owner: string): ReadonlyArray<string> => {
  if (found === undefined) return [`${keyOf(expected)} is missing`]
  if (valueOf(found) !== valueOf(expected)) return [`${keyOf(expected)} is ${valueOf(found)}, not ${valueOf(expected)}`]
  return found.comment === owner ? [] : [`${keyOf(expected)} belongs to ${found.comment || "nobody"}`]
}

/**
 * What is found under an element's key. `Present` means all of its entries, with these values and under one owner;
 * anything between that and nothing at all is `Different`, with the first difference in words.
 */
export const judge = (element: NatElement, index: Index): NatFinding => {
  const expected = encode(element)
  const owner = expected.map((entry) => index.get(keyOf(entry))).find((entry) => entry !== undefined)?.comment
  if (owner === undefined) return { _tag: "Absent" }
  const differences = [
    ...expected.flatMap((entry) => difference(entry, index.get(keyOf(entry)), owner)),
    ...contradictions(element).flatMap((entry) => (index.has(keyOf(entry)) ? [`${keyOf(entry)} is there as well`] : []))
  ]
  if (differences.length === 0) return { _tag: "Present", owner }
  const there = expected.filter((entry) => index.has(keyOf(entry))).length
  const partial = there < expected.length ? `partial, ${there} of ${expected.length} entries: ` : ""
  const [first, ...more] = differences
  const detail = `${partial}${first}${more.length > 0 ? ` and ${more.length} more` : ""}`
  const strangers = [...expected, ...contradictions(element)].flatMap((entry) => index.get(keyOf(entry))?.comment ?? [])
  const stranger = strangers.find((comment) => comment !== owner)
  return { _tag: "Different", owner, detail, ...(stranger !== undefined && { stranger }) }
}
