import { Result } from "effect"
import type { Protocol } from "../ops/NatElement.ts"
import type { EgressRule } from "../plan/AttachRequest.ts"
import { covers, formatAddressOrPrefix, type Ipv4Prefix, parseAddressOrPrefix } from "./Ipv4.ts"
import type { PortRange } from "./Ports.ts"

/** Port 0 is none: a rule for ports 1-65535 is a rule for any port. */
const anyPort: PortRange = [1, 65535]

interface Block {
  readonly prefix: Ipv4Prefix
  readonly ports: ReadonlyArray<PortRange>
}

/**
 * The same permission as rules of which no two of one protocol (or of none) overlap: overlapping elements corrupt an
 * interval set or abort the transaction that adds them, and a firewall keeps rules without protocol in another set. Two prefixes are either nested or apart, so it is enough to merge the ports of equal
 * prefixes and to take from each prefix the ports that a wider one has already.
 */
export const disjointEgress = (rules: ReadonlyArray<EgressRule>): ReadonlyArray<EgressRule> => {
  const any = rules.filter((rule) => rule.protocol === undefined)
  const everything = disjointBlocks(any.map(toBlock))
  const of = (protocol: Protocol): ReadonlyArray<EgressRule> =>
    disjointBlocks([...everything, ...rules.filter((rule) => rule.protocol === protocol).map(toBlock)])
      .filter((block) => !everything.some((wider) => covers(wider.prefix, block.prefix)))
      .flatMap((block) => block.ports.map((ports) => toRule(block.prefix, protocol, ports)))
  return [
    ...everything.map(({ prefix }) => ({ destination: formatAddressOrPrefix(prefix) })),
    ...of("tcp"),
    ...of("udp")
  ]
}

const toBlock = (rule: EgressRule): Block => ({
  prefix: Result.getOrThrow(parseAddressOrPrefix(rule.destination)),
  ports: [rule.ports ?? anyPort]
})

const toRule = (prefix: Ipv4Prefix, protocol: Protocol, ports: PortRange): EgressRule => {
  const destination = formatAddressOrPrefix(prefix)
  return ports[0] === anyPort[0] && ports[1] === anyPort[1]
    ? { destination, protocol }
    : { destination, protocol, ports }
}

/** Widest first, then by address: whatever contains a block has been seen before it. */
const disjointBlocks = (blocks: ReadonlyArray<Block>): ReadonlyArray<Block> => {
  const sorted = blocks.toSorted((a, b) => a.prefix.length - b.prefix.length || a.prefix.base - b.prefix.base)
  const kept: Array<Block> = []
  for (const block of sorted) {
    const wider = kept.filter((other) => covers(other.prefix, block.prefix))
    const ports = subtractPorts(block.ports, mergePorts(wider.flatMap((other) => other.ports)))
    const same = kept.findIndex(
      ({ prefix }) => prefix.base === block.prefix.base && prefix.length === block.prefix.length
    )
    if (same !== -1) kept[same] = { prefix: block.prefix, ports: mergePorts([...kept[same]!.ports, ...ports]) }
    else if (ports.length > 0) kept.push({ prefix: block.prefix, ports })
  }
  return kept
}

/** Overlapping and adjacent ranges made one, in ascending order. */
const mergePorts = (ranges: ReadonlyArray<PortRange>): ReadonlyArray<PortRange> => {
  const merged: Array<PortRange> = []
  for (const range of ranges.toSorted((a, b) => a[0] - b[0])) {
    const last = merged.at(-1)
    if (last !== undefined && range[0] <= last[1] + 1)
      merged[merged.length - 1] = [last[0], Math.max(last[1], range[1])]
    else merged.push(range)
  }
  return merged
}

/** What of `ranges` is not in `taken`, which is merged. */
const subtractPorts = (ranges: ReadonlyArray<PortRange>, taken: ReadonlyArray<PortRange>): ReadonlyArray<PortRange> =>
  taken.reduce<ReadonlyArray<PortRange>>(
    (left, hole) =>
      left.flatMap((range): ReadonlyArray<PortRange> => {
        if (hole[1] < range[0] || range[1] < hole[0]) return [range]
        const pieces: ReadonlyArray<PortRange> = [
          [range[0], hole[0] - 1],
          [hole[1] + 1, range[1]]
        ]
        return pieces.filter(([first, last]) => first <= last)
      }),
    ranges
  )
