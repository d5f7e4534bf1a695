import { Effect } from "effect"
import { readFileSync } from "node:fs"
import { type PrivateHostError, SnapshotError } from "./errors.ts"
import { type RunResult, run } from "./Process.ts"
import { diffLines, type Sections } from "./snapshot/diff.ts"
import { type Entry, numbered, type Section } from "./snapshot/entry.ts"
import { fileEntries } from "./snapshot/files.ts"
import { iptablesEntries } from "./snapshot/iptables.ts"
import { addressEntries, linkEntries, parseLinks } from "./snapshot/links.ts"
import { mountEntries } from "./snapshot/mounts.ts"
import { netnsEntries } from "./snapshot/netnsList.ts"
import { hasIptablesTables, nftEntries } from "./snapshot/nft.ts"
import { processEntries } from "./snapshot/processes.ts"
import { neighbourEntries, routeEntries, ruleEntries } from "./snapshot/routing.ts"
import { sysctlEntries } from "./snapshot/sysctlTree.ts"
import { readSysctl } from "./sysctls.ts"

export interface SnapshotOptions {
  /** Directories whose files are compared by name, mode and owner. Default `/run/vmnet`. */
  readonly stateDirectories?: ReadonlyArray<string>
  /** Also count the connections in conntrack. They expire by themselves, so by default they are no difference. */
  readonly conntrack?: boolean
}

/** What the network of a host looks like, as plain data. */
export interface HostSnapshot {
  readonly sections: Sections
}

const dumpAttempts = 5

/** A kernel dump that others disturb is incomplete and still exits with 0: only its stderr tells. */
const dump = (section: Section, argv: ReadonlyArray<string>, attempt = 1): Effect.Effect<string, SnapshotError> =>
  run(argv).pipe(
    Effect.mapError((cause: PrivateHostError) => new SnapshotError({ section, detail: cause.message, cause })),
    Effect.flatMap((result) => {
      if (result.exitCode === 0 && !/interrupted/i.test(result.stderr)) return Effect.succeed(result.stdout)
      if (attempt < dumpAttempts) return dump(section, argv, attempt + 1)
      return Effect.fail(new SnapshotError({ section, detail: failure(argv, result) }))
    })
  )

const failure = (argv: ReadonlyArray<string>, result: RunResult) =>
  `${argv.join(" ")} (exit code ${result.exitCode}): ${result.stderr.trim()}`

const parsed = (
  section: Section,
  parse: () => ReadonlyArray<Entry>
): Effect.Effect<ReadonlyArray<Entry>, SnapshotError> =>
  Effect.try({ try: parse, catch: (cause) => new SnapshotError({ section, detail: String(cause), cause }) })

const links = Effect.gen(function* () {
  const json = yield* dump("link", ["ip", "-details", "-json", "address", "show"])
  const found = yield* Effect.try({
    try: () => parseLinks(json),
    catch: (cause) => new SnapshotError({ section: "link", detail: String(cause), cause })
  })
  return { link: linkEntries(found), address: addressEntries(found) }
})

/** Runs dumps side by side: each is a process, and most of its time is the process's start. */
const dumps = (section: Section, ...argvs: ReadonlyArray<ReadonlyArray<string>>) =>
  Effect.forEach(argvs, (argv) => dump(section, argv), { concurrency: "unbounded" })

const routes = Effect.map(
  dumps(
    "route",
    ["ip", "-4", "-oneline", "route", "show", "table", "all"],
    ["ip", "-6", "-oneline", "route", "show", "table", "all"]
  ),
  (texts) => texts.flatMap(routeEntries)
)

const rules = Effect.map(
  dumps("rule", ["ip", "-4", "rule", "show"], ["ip", "-6", "rule", "show"]),
  ([v4 = "", v6 = ""]) => [...ruleEntries("v4", v4), ...ruleEntries("v6", v6)]
)

const neighbours = Effect.map(
  dumps(
    "neighbour",
    ["ip", "neigh", "show", "nud", "permanent"],
    ["ip", "neigh", "show", "nud", "noarp"],
    ["ip", "neigh", "show", "proxy"]
  ),
  ([permanent = "", noarp = "", proxy = ""]) => neighbourEntries(permanent, noarp, proxy)
)

/** Names of the legacy tables that exist. Only then is iptables-legacy asked: asking for a table may create it. */
const legacyTables = (family: "ip" | "ip6"): boolean => {
  try {
    return readFileSync(`/proc/thread-self/net/${family}_tables_names`, "utf8").trim() !== ""
  } catch {
    // This kernel has no legacy iptables.
    return false
  }
}

const firewall = Effect.gen(function* () {
  const ruleset = yield* dump("nft", ["nft", "--json", "list", "ruleset"])
  const nft = yield* parsed("nft", () => nftEntries(ruleset))
  const viaNft = hasIptablesTables(ruleset)
  const tools = [
    { flavour: "nft", program: "iptables-nft-save", asked: viaNft },
    { flavour: "nft6", program: "ip6tables-nft-save", asked: viaNft },
    { flavour: "legacy", program: "iptables-legacy-save", asked: legacyTables("ip") },
    { flavour: "legacy6", program: "ip6tables-legacy-save", asked: legacyTables("ip6") }
  ].filter((tool) => tool.asked)
  const saves = yield* dumps("iptables", ...tools.map((tool) => [tool.program]))
  const iptables = tools.flatMap(({ flavour }, index) => iptablesEntries(flavour, saves[index] ?? ""))
  return { nft, iptables }
})

/** All that is read in this very thread. Processes come first, before the dumps start some of their own. */
const readHere = (options: SnapshotOptions) => {
  const netns = netnsEntries()
  return {
    process: processEntries(netns.map((entry) => entry.attributes["namespace"] ?? "")),
    netns,
    mount: mountEntries(),
    file: fileEntries(options.stateDirectories ?? ["/run/vmnet"]),
    sysctl: sysctlEntries(),
    conntrack: options.conntrack === true ? conntrackEntries() : []
  }
}

const conntrackEntries = (): ReadonlyArray<Entry> => [
  { key: "connections", attributes: { "": readSysctl("netfilter/nf_conntrack_count") ?? "none" } }
]

const take = Effect.fn("HostSnapshot.take")(function* (
  options: SnapshotOptions = {}
): Effect.fn.Return<HostSnapshot, SnapshotError> {
  const here = yield* Effect.sync(() => readHere(options))
  const [{ link, address }, route, rule, neighbour, { nft, iptables }] = yield* Effect.all(
    [links, routes, rules, neighbours, firewall],
    { concurrency: "unbounded" }
  )
  const all: Sections = { ...here, link, address, route, rule, neighbour, nft, iptables }
  const sections = Object.fromEntries(Object.entries(all).map(([name, entries]) => [name, numbered(entries)]))
  return { sections: sections as unknown as Sections }
})

/**
 * The whole network state of the calling process's network namespace: links, addresses, routes, rules, permanent
 * neighbours, nftables, both iptables, every sysctl, named namespaces, mounts, processes and state files. It reads and changes
 * nothing. `diff` tells what became different, one line each; two snapshots of an unchanged host are equal.
 */
export const HostSnapshot = {
  take,
  diff: (before: HostSnapshot, after: HostSnapshot): ReadonlyArray<string> => diffLines(before.sections, after.sections)
}
