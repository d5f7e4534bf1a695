/** A set that a layout had before and no rule reads any more: `inet vmnet_0a1b2c3d hairpins`, and what its keys are. */
export interface RetiredSet {
  readonly set: string
  readonly type: string
}

/**
 * What makes a layout whole again in one transaction, whatever is left of it: all tables, sets and chains are declared
 * without rules, which changes nothing about those that are there; then all chains are emptied and filled as they were
 * made. No base chain is deleted, so packets are judged by the old rules or by the new ones, and elements stay. What an
 * older version's layout had besides goes once no rule reads it; declared first, it is there to be deleted.
 */
export const restoreText = (layout: string, retired: ReadonlyArray<RetiredSet> = []): string => {
  const lines = layout.trimEnd().split("\n")
  const places = placesOf(lines)
  const bare = lines.filter((line, at) => places[at]?.chain === undefined || !isRule(line))
  const chains = [...new Set(places.flatMap((place) => (place?.chain === undefined ? [] : [place.chain])))]
  return [
    ...bare,
    ...retired.map(({ set, type }) => `add set ${set} { type ${type}; }`),
    ...chains.map((chain) => `flush chain ${chain}`),
    ...retired.map(({ set }) => `delete set ${set}`),
    ...lines
  ].join("\n")
}

const isRule = (line: string): boolean => line.startsWith("    ") && !line.startsWith("    type ")

interface Place {
  readonly table: string
  /** Family, table and name, within a chain. */
  readonly chain?: string
}

/** Which chain each line is in. */
const placesOf = (lines: ReadonlyArray<string>): ReadonlyArray<Place | undefined> => {
  let place: Place | undefined
  return lines.map((line) => {
    const [, table] = /^table (.+) \{$/.exec(line) ?? []
    const [, chain] = /^ {2}chain (.+) \{$/.exec(line) ?? []
    if (table !== undefined) place = { table }
    else if (place !== undefined && chain !== undefined) place = { ...place, chain: `${place.table} ${chain}` }
    else if (place !== undefined && line === "  }") place = { table: place.table }
    return place
  })
}
