import { HostSnapshot } from "@vmnet/testkit"
import { Effect } from "effect"
import { existsSync } from "node:fs"
import { DatabaseSync } from "node:sqlite"
import { hostProgram } from "./hostProgram.ts"

/** All that vmnet may have changed: the host as it can be observed, insides of namespaces, and what is on record. */
export interface State {
  readonly host: HostSnapshot
  readonly inside: ReadonlyArray<string>
  readonly records: ReadonlyArray<string>
}

export interface Looking {
  readonly stateDir: string
  readonly directories: ReadonlyArray<string>
  readonly inside: ReadonlyArray<string>
}

/** The tables as lines; who made it when is another story each time. What a network keeps for its next VM stays. */
const queries: Readonly<Record<string, string>> = {
  lease: "SELECT vm, generation, network, state, problems FROM leases",
  resource: "SELECT subject, seq, key, owner, state FROM resources",
  share: "SELECT key, state, rank FROM shares",
  hold: "SELECT share, vm FROM holds",
  port: "SELECT protocol, port, host, vm FROM ports",
  member: "SELECT network, class, device, state FROM members",
  address: "SELECT network, address, vm FROM addresses WHERE cooling IS NULL",
  identifier: "SELECT kind, value, vm FROM identifiers WHERE vm NOT LIKE '@net.%'"
}

const recordsIn = (stateDir: string): ReadonlyArray<string> => {
  const file = `${stateDir}/ledger.db`
  if (!existsSync(file)) return []
  const database = new DatabaseSync(file, { timeout: 5_000 })
  try {
    const { user_version: version } = database.prepare("PRAGMA user_version").get() ?? {}
    if (version === 0) return []
    return Object.entries(queries).flatMap(([name, sql]) =>
      database
        .prepare(sql)
        .all()
        .map((row) => `record ${name} ${Object.values(row).join(" ")}`)
        .toSorted()
    )
  } finally {
    database.close()
  }
}

const insideOf = (netns: string) =>
  Effect.map(
    Effect.forEach(
      [
        ["ip", "-netns", netns, "-oneline", "address", "show"],
        ["ip", "-netns", netns, "-oneline", "route", "show", "table", "all"],
        ["ip", "-netns", netns, "neighbour", "show", "nud", "permanent"],
        ["ip", "netns", "exec", netns, "nft", "list", "ruleset"]
      ],
      (argv) => hostProgram(argv)
    ),
    (texts) =>
      texts.flatMap((text) =>
        text
          .split("\n")
          .filter((line) => line !== "")
          .map((line) => `${netns}: ${settled(line)}`)
      )
  )

/** Numbers of links, and what the kernel does to a link-local address by itself. */
const settled = (line: string): string =>
  line.replaceAll(/(?:^\d+: | tentative| optimistic|@if\d+|\\ +valid_lft.*$)/g, "").trim()

/** What there is now. */
export const look = Effect.fnUntraced(function* ({ directories, inside, stateDir }: Looking) {
  const records = yield* Effect.sync(() => recordsIn(stateDir))
  const host = yield* Effect.orDie(HostSnapshot.take({ stateDirectories: [stateDir, ...directories] }))
  const insides = yield* Effect.forEach(inside, insideOf)
  return { host, inside: insides.flat(), records } satisfies State
})

type Entry = HostSnapshot["sections"]["process"][number]

const isLedgerFile = ({ key }: Entry): boolean => /\/ledger\.db(?:-wal|-shm)?$/.test(key)

/** A new process or namespace has other numbers each time; those of the base are compared to the last digit. */
const unnumbered =
  (known: ReadonlySet<string>) =>
  (entry: Entry): Entry =>
    known.has(entry.key)
      ? entry
      : { key: entry.key.replace(/^\d+ /, "").replaceAll(/\b\d{2,}\b/g, "N"), attributes: {} }

const keys = (entries: ReadonlyArray<Entry>): ReadonlySet<string> => new Set(entries.map(({ key }) => key))

/** The kernel draws the host's side MAC of a TAP, and with it its link-local address. */
const undrawn =
  (known: ReadonlySet<string>) =>
  (entry: Entry): Entry => {
    if (known.has(entry.key)) return entry
    const { mac: _, ...attributes } = entry.attributes
    return { ...entry, key: entry.key.replace(/fe80::[0-9a-f:]+/, "fe80::"), attributes }
  }

/** Comparable with others that grew from the same base. */
const comparable = ({ host: { sections } }: State, base: State): HostSnapshot => {
  const known = base.host.sections
  return {
    sections: {
      ...sections,
      file: sections.file.filter((entry) => !isLedgerFile(entry)),
      link: sections.link.map(undrawn(keys(known.link))),
      address: sections.address.map(undrawn(keys(known.address))),
      process: sections.process.map(unnumbered(keys(known.process))),
      netns: sections.netns.map(unnumbered(keys(known.netns)))
    }
  }
}

const lineDifferences = (was: ReadonlyArray<string>, is: ReadonlyArray<string>): ReadonlyArray<string> => [
  ...was.filter((line) => !is.includes(line)).map((line) => `- ${line}`),
  ...is.filter((line) => !was.includes(line)).map((line) => `+ ${line}`)
]

/** One line per difference, `-` gone, `+` new, `~` changed. */
export const differences = (was: State, is: State, base: State): ReadonlyArray<string> => [
  ...HostSnapshot.diff(comparable(was, base), comparable(is, base)),
  ...lineDifferences(was.inside, is.inside),
  ...lineDifferences(was.records, is.records)
]
