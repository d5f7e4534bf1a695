import { type Entry, type Section, sections } from "./entry.ts"
import { linkOfSysctl } from "./sysctlTree.ts"

export type Sections = Readonly<Record<Section, ReadonlyArray<Entry>>>

const byKey = (entries: ReadonlyArray<Entry>): ReadonlyMap<string, Entry> =>
  new Map(entries.map((entry) => [entry.key, entry]))

/** `~ link eth0 mtu 1500 -> 1400`, one for each attribute that differs. */
const changes = (section: Section, before: Entry, after: Entry): ReadonlyArray<string> =>
  [...new Set([...Object.keys(before.attributes), ...Object.keys(after.attributes)])]
    .filter((name) => before.attributes[name] !== after.attributes[name])
    .map((name) => {
      const from = before.attributes[name] ?? "none"
      const to = after.attributes[name] ?? "none"
      return `~ ${section} ${before.key}${name === "" ? "" : ` ${name}`} ${from} -> ${to}`
    })

/** Lists whose common entries stand in another order: `~ nft order of nft chain inet vmnet forward`. */
const reordered = (
  section: Section,
  before: ReadonlyMap<string, Entry>,
  after: ReadonlyMap<string, Entry>
): ReadonlyArray<string> => {
  const order = (side: ReadonlyMap<string, Entry>, other: ReadonlyMap<string, Entry>) => {
    const lists = new Map<string, Array<string>>()
    for (const { key, list } of side.values()) {
      if (list !== undefined && other.get(key)?.list === list) lists.set(list, [...(lists.get(list) ?? []), key])
    }
    return lists
  }
  const now = order(after, before)
  return [...order(before, after)]
    .filter(([list, keys]) => now.get(list)?.join("\n") !== keys.join("\n"))
    .map(([list]) => `~ ${section} order of ${list}`)
}

/** The per-link sysctls of a link that is on one side only are implied by the link's own line. */
const implied = (before: Sections, after: Sections): ((section: Section, key: string) => boolean) => {
  const was = new Set(before.link.map((link) => link.key))
  const is = new Set(after.link.map((link) => link.key))
  return (section, key) => {
    const link = section === "sysctl" ? linkOfSysctl(key) : undefined
    return link !== undefined && was.has(link) !== is.has(link)
  }
}

const sectionLines = (
  section: Section,
  was: ReadonlyMap<string, Entry>,
  is: ReadonlyMap<string, Entry>,
  told: (key: string) => boolean
): ReadonlyArray<string> => {
  const only = (mark: string, side: ReadonlyMap<string, Entry>, other: ReadonlyMap<string, Entry>) =>
    [...side.keys()].filter((key) => !other.has(key) && told(key)).map((key) => `${mark} ${section} ${key}`)
  const changed = [...was.values()].flatMap((entry) => {
    const now = is.get(entry.key)
    return now === undefined ? [] : changes(section, entry, now)
  })
  return only("-", was, is).concat(changed, only("+", is, was), reordered(section, was, is))
}

/** One line per difference: `+` appeared, `-` vanished, `~` changed. Empty: the host looks exactly as before. */
export const diffLines = (before: Sections, after: Sections): ReadonlyArray<string> => {
  const isImplied = implied(before, after)
  return sections.flatMap((section) =>
    sectionLines(section, byKey(before[section]), byKey(after[section]), (key) => !isImplied(section, key))
  )
}
