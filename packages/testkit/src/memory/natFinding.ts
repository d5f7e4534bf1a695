import type { NatElement, NatFinding } from "@vmnet/core"
import { natAbsences, natEntries } from "./natEntries.ts"
import type { NatEntryState, NatTables } from "./NatTables.ts"

/** What stands under an element's key, from a look at each of its entries. */
export const natFinding = (tables: NatTables, element: NatElement): NatFinding => {
  const pairs = natEntries(element).map((wanted) => ({ wanted, found: tables.get(wanted) }))
  const found = pairs.flatMap((pair) => (pair.found === undefined ? [] : [pair.found]))
  const owner = found[0]?.comment
  if (owner === undefined) return { _tag: "Absent" }
  const another = found.find((entry) => entry.comment !== owner)
  const stranger = strange(another, owner)
  const other = pairs.find(({ wanted, found }) => found !== undefined && found.value !== wanted.value)
  if (other !== undefined) {
    const detail = `${other.wanted.set} ${other.wanted.key.join(" . ")} is ${other.found?.value}, not ${other.wanted.value}`
    return { _tag: "Different", owner, detail, ...stranger }
  }
  if (found.length < pairs.length) {
    return { _tag: "Different", owner, detail: `partial: ${found.length} of ${pairs.length} entries`, ...stranger }
  }
  const extra = natAbsences(element).find((key) => tables.get(key) !== undefined)
  if (extra !== undefined)
    return {
      _tag: "Different",
      owner,
      detail: `${extra.set} ${extra.key.join(" . ")} is there`,
      ...strange(tables.get(extra), owner)
    }
  if (another !== undefined) {
    return { _tag: "Different", owner, detail: `${another.set} belongs to "${another.comment}"`, ...stranger }
  }
  return { _tag: "Present", owner }
}

const strange = (entry: NatEntryState | undefined, owner: string) =>
  entry === undefined || entry.comment === owner ? {} : { stranger: entry.comment }
