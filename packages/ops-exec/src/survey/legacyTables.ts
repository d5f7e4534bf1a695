import {
  type Commands,
  type DeviceMatch,
  type FirewallChain,
  type FirewallRule,
  type FirewallTable,
  type FirewallVerdict,
  type Sight,
  seen
} from "@vmnet/core"
import { Effect } from "effect"
import { look, readText, unseenWords } from "./look.ts"

/** The base chains of iptables are called at these hooks, in this order within one (linux/netfilter_ipv4.h). */
const hooks: Readonly<Record<string, string>> = {
  PREROUTING: "prerouting",
  INPUT: "input",
  FORWARD: "forward",
  OUTPUT: "output",
  POSTROUTING: "postrouting"
}
const priorities: Readonly<Record<string, number>> = { raw: -300, mangle: -150, nat: -100, filter: 0, security: 50 }

/** The words of a line of `iptables-save`, which puts what holds spaces or quotes between quotes. */
export const wordsOf = (line: string): ReadonlyArray<string> =>
  [...line.matchAll(/"((?:[^"\\]|\\.)*)"|(\S+)/g)].map(([, quoted, plain]) =>
    quoted === undefined ? plain! : quoted.replaceAll(/\\(.)/g, "$1")
  )

const verdictOf = (target: string, goto: boolean): FirewallVerdict | null => {
  if (target === "ACCEPT") return { _tag: "Accept" }
  if (target === "DROP" || target === "REJECT") return { _tag: "Drop" }
  if (target === "RETURN") return { _tag: "Return" }
  return { _tag: goto ? "Goto" : "Jump", chain: target }
}

const none: FirewallRule = { in: null, out: null, states: null, conditional: false, verdict: null }

/** What one option says, and how many words it has. Options of a target come after it and decide nothing. */
const readOption = (words: ReadonlyArray<string>, at: number): readonly [Partial<FirewallRule>, number] => {
  const negated = words[at] === "!"
  const start = negated ? at + 1 : at
  const [option, value = ""] = [words[start], words[start + 1]]
  const next = start + 2
  const device: DeviceMatch = { names: [value.replace(/\+$/, "*")], negated }
  if (option === "-i") return [{ in: device }, next]
  if (option === "-o") return [{ out: device }, next]
  if (option === "-j" || option === "-g") return [{ verdict: verdictOf(value, option === "-g") }, words.length]
  if (option === "-m" && ["conntrack", "comment", "state"].includes(value)) return [{}, next]
  if (option === "--comment") return [{}, next]
  if (!negated && (option === "--ctstate" || option === "--state")) {
    return [{ states: value.toLowerCase().split(",") }, next]
  }
  return [{ conditional: true }, next - 1]
}

const ruleOf = (words: ReadonlyArray<string>): FirewallRule => {
  const parts: Array<Partial<FirewallRule>> = []
  for (let at = 0; at < words.length;) {
    const [part, next] = readOption(words, at)
    parts.push(part)
    at = next
  }
  return Object.assign({}, none, ...parts) as FirewallRule
}

/** A target that is no chain of the table is one of those that log, mark or count: the packet goes on. */
const known = (rule: FirewallRule, chains: ReadonlySet<string>): FirewallRule => {
  const { verdict } = rule
  const leads = verdict?._tag === "Jump" || verdict?._tag === "Goto"
  return leads && !chains.has(verdict.chain) ? { ...rule, verdict: null } : rule
}

const chainOf = (table: string, line: string, rules: ReadonlyArray<FirewallRule>): FirewallChain => {
  const [chain = "", policy = "-"] = wordsOf(line.slice(1))
  const hook = policy === "-" ? null : (hooks[chain] ?? null)
  return {
    chain,
    hook,
    priority: hook === null ? null : (priorities[table] ?? null),
    policy: policy === "DROP" ? "drop" : policy === "ACCEPT" ? "accept" : null,
    rules
  }
}

const tableOf = (section: string): ReadonlyArray<FirewallTable> => {
  const [table = "", ...lines] = section.split("\n")
  const heads = lines.filter((line) => line.startsWith(":"))
  const names = new Set(heads.map((line) => wordsOf(line.slice(1))[0] ?? ""))
  const rules = Map.groupBy(lines.filter((line) => line.startsWith("-A ")).map(wordsOf), ([, chain = ""]) => chain)
  const rulesOf = (chain: string) => (rules.get(chain) ?? []).map((words) => known(ruleOf(words.slice(2)), names))
  const chains = heads.map((line) => chainOf(table, line, rulesOf(wordsOf(line.slice(1))[0] ?? "")))
  return [{ family: "ip", table: table.trim(), chains }]
}

/** What `iptables-legacy-save` printed. */
export const parseLegacy = (text: string): ReadonlyArray<FirewallTable> => text.split(/^\*/m).slice(1).flatMap(tableOf)

/** `iptables-legacy-save` by the name of the file that it is: programs are run by that, and this one goes by its name. */
const program = "xtables-legacy-multi"

const save = (commands: Commands["Service"], table: string) =>
  Effect.map(
    commands.run({ program, args: ["iptables-save", "-t", table], timeout: 15_000, maxOutput: 64 * 1024 * 1024 }),
    ({ exitCode, stderr, stdout }): Sight<ReadonlyArray<FirewallTable>> =>
      exitCode === 0 ? seen(parseLegacy(stdout)) : unseenWords(stderr)
  ).pipe(Effect.catch((error) => Effect.succeed(unseenWords(error.message))))

const isTable = (name: string): boolean => Object.hasOwn(priorities, name)

/**
 * The rules that `nft` does not show. Only tables that there are already are asked for: asking for another would make it,
 * and load its module.
 */
export const legacyRuleset = Effect.fn("legacyRuleset")(function* (commands: Commands["Service"]) {
  const names = look(() => readText("/proc/net/ip_tables_names") ?? "")
  if (names._tag === "Unseen") return names
  const tables: Array<FirewallTable> = []
  for (const table of names.value.split("\n").filter(isTable)) {
    const found = yield* save(commands, table)
    if (found._tag === "Unseen") return found
    tables.push(...found.value)
  }
  return seen(tables)
})
