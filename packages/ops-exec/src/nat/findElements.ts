import { type Commands, type NatElement, type NatFinding, natElementKey, type Netns, type OpsError } from "@vmnet/core"
import { Effect } from "effect"
import { type Attempt, invalid } from "../commands/opsErrors.ts"
import { type Index, indexOf, judge } from "./compare.ts"
import { contradictions, encode } from "./encode.ts"
import { elementsIn, type NftObject } from "./nftJson.ts"
import { listSet, listTable } from "./runNft.ts"
import { type SetName, specOf } from "./sets.ts"
import { objectionToElement } from "./validateElement.ts"

/**
 * What has to be read to know `sets`: a single one alone, else the whole table of each family, so that every answer comes
 * from one generation of the ruleset.
 */
const read = (
  commands: Commands["Service"],
  netns: Netns,
  attempt: Attempt,
  install: string,
  sets: ReadonlySet<SetName>
): Effect.Effect<ReadonlyArray<NftObject>, OpsError> => {
  const [first] = sets
  if (first !== undefined && sets.size === 1) return listSet(commands, netns, attempt, install, first)
  const families = [...new Set([...sets].map((set) => specOf(set).family))]
  const tables = families.map((family) => listTable(commands, netns, attempt, install, family))
  return Effect.map(Effect.all(tables, { concurrency: 2 }), (objects) => objects.flat())
}

/** The entries that are there of those that elements consist of, or must not have. */
export const entriesOf = (
  commands: Commands["Service"],
  netns: Netns,
  attempt: Attempt,
  install: string,
  elements: ReadonlyArray<NatElement>
): Effect.Effect<Index, OpsError> => {
  const entries = elements.flatMap((element) => [...encode(element), ...contradictions(element)])
  const sets = new Set(entries.map(({ set }): SetName => set))
  return Effect.map(read(commands, netns, attempt, install, sets), (listed) =>
    indexOf(elementsIn(listed, (set) => sets.has(set)))
  )
}

/** Looks elements up by key: one finding for each, whatever becomes of the others. */
export const findElements = Effect.fnUntraced(function* (
  commands: Commands["Service"],
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
  const index = yield* entriesOf(commands, netns, attempt, install, elements)
  return elements.map((element) => judge(element, index))
})
