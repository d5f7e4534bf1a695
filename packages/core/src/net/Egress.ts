import { Result } from "effect"
import type { Parsed } from "../names/Parsed.ts"
import { quote } from "../names/quote.ts"
import type { EgressPolicy, EgressRule } from "../plan/AttachRequest.ts"
import { disjointEgress } from "./egressRules.ts"
import { formatAddressOrPrefix, parseAddressOrPrefix } from "./Ipv4.ts"
import { formatPortRange, parsePortRange, splitProtocol } from "./Ports.ts"

const form = "CIDR_or_ADDRESS[:PORT[-END]][/tcp|udp]"

/** How many destinations one VM may list; each becomes up to two elements of a firewall set. */
export const maxEgressRules = 1024

/**
 * `CIDR_or_ADDRESS[:PORT[-END]][/tcp|udp]`: `203.0.113.0/24:443`, `198.51.100.53:53/udp`, `203.0.113.7`. A port without
 * a protocol is two rules, one for TCP and one for UDP; without either the rule is for anything sent there.
 */
export const parseEgressRule = (text: string): Parsed<ReadonlyArray<EgressRule>> =>
  Result.gen(function* () {
    const { body, protocol } = splitProtocol(text)
    const parts = body.split(":")
    if (parts.length > 2) return yield* Result.fail(`${quote(text)} is not ${form}`)
    const destination = formatAddressOrPrefix(yield* parseAddressOrPrefix(parts[0]!))
    if (parts.length === 1) return [protocol === undefined ? { destination } : { destination, protocol }]
    const ports = yield* parsePortRange(parts[1]!)
    const protocols = protocol === undefined ? (["tcp", "udp"] as const) : [protocol]
    return protocols.map((protocol) => ({ destination, protocol, ports }))
  })

/**
 * A whole policy: `internet`, `none`, or any number of rules. The rules come out disjoint and in one fixed order, so
 * that equal policies are equal data and no two of them meet in an interval set.
 */
export const parseEgress = (texts: ReadonlyArray<string>): Parsed<EgressPolicy> => {
  const word = texts.find((text) => text === "internet" || text === "none")
  if (word !== undefined) {
    const policy = word === "internet" ? ({ _tag: "Internet" } as const) : ({ _tag: "None" } as const)
    return texts.every((text) => text === word)
      ? Result.succeed(policy)
      : Result.fail(`"${word}" stands alone: it cannot be combined with other destinations`)
  }
  if (texts.length === 0) return Result.fail('the list is empty: to allow nothing, say "none"')
  if (texts.length > maxEgressRules) return Result.fail(`${texts.length} rules: at most ${maxEgressRules} are allowed`)
  return Result.map(Result.all(texts.map(parseEgressRule)), (rules) => ({
    _tag: "Allow",
    rules: disjointEgress(rules.flat())
  }))
}

export const formatEgressRule = (rule: EgressRule): string => {
  const ports = rule.ports === undefined ? "" : `:${formatPortRange(rule.ports)}`
  return `${rule.destination}${ports}${rule.protocol === undefined ? "" : `/${rule.protocol}`}`
}

/** The texts that `parseEgress` reads back to the same policy. */
export const formatEgress = (policy: EgressPolicy): ReadonlyArray<string> => {
  switch (policy._tag) {
    case "Internet":
      return ["internet"]
    case "None":
      return ["none"]
    case "Allow":
      return policy.rules.map(formatEgressRule)
  }
}
