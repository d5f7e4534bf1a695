/** The parts of a host that a snapshot holds, in the order in which differences are told. */
export const sections = [
  "link",
  "address",
  "route",
  "rule",
  "neighbour",
  "nft",
  "iptables",
  "sysctl",
  "netns",
  "mount",
  "process",
  "file",
  "conntrack"
] as const

export type Section = (typeof sections)[number]

/** One thing of a section. */
export interface Entry {
  /** What it is, readable and unique in its section. */
  readonly key: string
  /** What can change about it. An attribute with an empty name is the thing's only value. */
  readonly attributes: Readonly<Record<string, string>>
  /** The ordered list it is in (a chain of rules); things without one have no order. */
  readonly list?: string
}

/** An entry whose key says everything. */
export const fact = (key: string, list?: string): Entry => ({
  key,
  attributes: {},
  ...(list === undefined ? {} : { list })
})

/** Attributes without those that are absent. */
export const present = (values: Readonly<Record<string, unknown>>): Record<string, string> =>
  Object.fromEntries(
    Object.entries(values)
      .filter(([, value]) => value !== undefined && value !== null && value !== "")
      .map(([name, value]) => [name, Array.isArray(value) ? value.toSorted().join(",") : String(value)])
  )

/** Equal facts may stand twice, like two equal rules of a chain: number the later ones, so that each has its own key. */
export const numbered = (entries: ReadonlyArray<Entry>): ReadonlyArray<Entry> => {
  const seen = new Map<string, number>()
  return entries.map((entry) => {
    const count = (seen.get(entry.key) ?? 0) + 1
    seen.set(entry.key, count)
    return count === 1 ? entry : { ...entry, key: `${entry.key} (#${count})` }
  })
}
