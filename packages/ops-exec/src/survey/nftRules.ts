import type { DeviceMatch, FirewallRule, FirewallVerdict } from "@vmnet/core"

type Body = Readonly<Record<string, unknown>>

const isBody = (value: unknown): value is Body => typeof value === "object" && value !== null && !Array.isArray(value)

/** What one statement of a rule adds to what is known of it. */
type Part = Partial<FirewallRule>

const unknown: Part = { conditional: true }

/** A name, several, or a set of them; what else there may be (`@set`) is not told here. */
const namesOf = (right: unknown): ReadonlyArray<string> | undefined => {
  if (typeof right === "string") return right.startsWith("@") ? undefined : [right]
  const listed = isBody(right) ? right["set"] : right
  if (!Array.isArray(listed) || !listed.every((name) => typeof name === "string")) return undefined
  return listed
}

const ofDevice = (side: "in" | "out", op: unknown, right: unknown): Part => {
  const names = namesOf(right)
  if (names === undefined || (op !== "==" && op !== "!=" && op !== "in")) return unknown
  return { [side]: { names, negated: op === "!=" } satisfies DeviceMatch }
}

const sides: Readonly<Record<string, "in" | "out">> = { iifname: "in", iif: "in", oifname: "out", oif: "out" }

const ofMatch = ({ left, op, right }: Body): Part => {
  if (!isBody(left)) return unknown
  const { ct, meta } = left
  if (isBody(meta)) {
    const side = sides[String(meta["key"])]
    return side === undefined ? unknown : ofDevice(side, op, right)
  }
  const states = isBody(ct) && ct["key"] === "state" && op !== "!=" ? namesOf(right) : undefined
  return states === undefined ? unknown : { states }
}

/** What iptables-nft cannot say in nft's own words: an extension of iptables, of which only the name is shown. */
const ofExtension = (body: unknown): Part => {
  const { name, type } = isBody(body) ? body : {}
  if (type === "target") return name === "REJECT" ? { verdict: { _tag: "Drop" } } : {}
  return name === "comment" ? {} : unknown
}

const targetOf = (body: unknown): string => (isBody(body) && typeof body["target"] === "string" ? body["target"] : "")

const verdicts: Readonly<Record<string, (body: unknown) => FirewallVerdict>> = {
  accept: () => ({ _tag: "Accept" }),
  drop: () => ({ _tag: "Drop" }),
  reject: () => ({ _tag: "Drop" }),
  return: () => ({ _tag: "Return" }),
  jump: (body) => ({ _tag: "Jump", chain: targetOf(body) }),
  goto: (body) => ({ _tag: "Goto", chain: targetOf(body) })
}

/** Statements that decide nothing. Any other than these and the verdicts may: it is a condition. */
const harmless = new Set(["counter", "log", "mangle", "notrack", "meter", "ct helper", "comment"])

const ofStatement = (statement: unknown): Part => {
  if (!isBody(statement)) return unknown
  const [kind = "", body] = Object.entries(statement)[0] ?? []
  if (kind === "match" && isBody(body)) return ofMatch(body)
  if (kind === "xt") return ofExtension(body)
  if (Object.hasOwn(verdicts, kind)) return { verdict: verdicts[kind]!(body) }
  return harmless.has(kind) ? {} : unknown
}

const none: FirewallRule = { in: null, out: null, states: null, conditional: false, verdict: null }

/** Two conditions on the same device, or on the state, are one that is not fully known. */
const join = (rule: FirewallRule, part: Part): FirewallRule => {
  const twice = (["in", "out", "states"] as const).some((key) => rule[key] !== null && part[key] !== undefined)
  return { ...rule, ...part, conditional: rule.conditional || part.conditional === true || twice }
}

/** A rule of nft's JSON (libnftables-json(5)), as far as it can be told what it does. */
export const nftRule = (statements: unknown): FirewallRule =>
  Array.isArray(statements) ? statements.map(ofStatement).reduce(join, none) : { ...none, conditional: true }
