import type { DeviceMatch, FirewallChain, FirewallRule, FirewallTable } from "../../ops/Firewall.ts"
import type { PacketDevice, Way } from "./devices.ts"

type Answer = "yes" | "no" | "maybe"

/** What becomes of a packet in a chain; `chain` is where it was decided. */
type Outcome =
  | { readonly _tag: "Passes" }
  | { readonly _tag: "Dropped"; readonly chain: string }
  | { readonly _tag: "Goes on" }

const goesOn: Outcome = { _tag: "Goes on" }
const passes: Outcome = { _tag: "Passes" }

const not = (answer: Answer): Answer => (answer === "yes" ? "no" : answer === "no" ? "yes" : "maybe")

/** One name of a rule against a device. Of a guest only the beginning of its name is known: an exact name may be another's. */
const nameMatches = (name: string, device: PacketDevice): Answer => {
  const wildcard = name.endsWith("*")
  const text = wildcard ? name.slice(0, -1) : name
  if (device._tag === "Guest") {
    if (wildcard && device.prefix.startsWith(text)) return "yes"
    return text.startsWith(device.prefix) ? "maybe" : "no"
  }
  if (device.link === null) return text === "" ? "yes" : "maybe"
  return (wildcard ? device.link.startsWith(text) : device.link === text) ? "yes" : "no"
}

const deviceMatches = (match: DeviceMatch | null, device: PacketDevice): Answer => {
  if (match === null) return "yes"
  const answers = new Set(match.names.map((name) => nameMatches(name, device)))
  const any = answers.has("yes") ? "yes" : answers.has("maybe") ? "maybe" : "no"
  return match.negated ? not(any) : any
}

const applies = (rule: FirewallRule, way: Way): Answer => {
  const parts = [deviceMatches(rule.in, way.in), deviceMatches(rule.out, way.out)]
  if (rule.states !== null) parts.push(rule.states.includes(way.state) ? "yes" : "no")
  if (rule.conditional) parts.push("maybe")
  return parts.includes("no") ? "no" : parts.includes("maybe") ? "maybe" : "yes"
}

/**
 * What one base chain does to a packet, as far as that is certain. A rule that may apply (it looks at ports, marks, ...)
 * decides nothing here: most of those are about somebody else's traffic. Each chain is walked once.
 */
export const walk = (table: FirewallTable, base: FirewallChain, way: Way): Outcome => {
  const chains = new Map(table.chains.map((one) => [one.chain, one]))
  const known = new Map<string, Outcome>()
  const inChain = (chain: string): Outcome => {
    const before = known.get(chain)
    if (before !== undefined) return before
    // A chain that leads back to itself, which the kernel refuses, ends here.
    known.set(chain, goesOn)
    const outcome = throughRules(chains.get(chain), way, inChain)
    known.set(chain, outcome)
    return outcome
  }
  const outcome = inChain(base.chain)
  if (outcome._tag !== "Goes on") return outcome
  return base.policy === "drop" ? { _tag: "Dropped", chain: base.chain } : passes
}

const throughRules = (chain: FirewallChain | undefined, way: Way, inChain: (chain: string) => Outcome): Outcome => {
  for (const rule of chain?.rules ?? []) {
    const { verdict } = rule
    if (verdict === null || applies(rule, way) !== "yes") continue
    if (verdict._tag === "Accept") return passes
    if (verdict._tag === "Drop") return { _tag: "Dropped", chain: chain!.chain }
    if (verdict._tag === "Return") return goesOn
    const there = inChain(verdict.chain)
    if (there._tag !== "Goes on" || verdict._tag === "Goto") return there
  }
  return goesOn
}
