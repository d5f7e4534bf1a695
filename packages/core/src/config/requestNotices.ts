import { Result } from "effect"
import { covers, parseAddressOrPrefix } from "../net/Ipv4.ts"
import type { Sections } from "./sections/Section.ts"
import { builtinSections } from "./sections/sections.ts"
import type { AttachRequest, EgressPolicy } from "../plan/AttachRequest.ts"

/** What is allowed but probably not meant, one line each, for a person to read while the request goes ahead. */
export const requestNotices = (request: AttachRequest, sections: Sections = builtinSections): ReadonlyArray<string> => [
  ...resolverNotices(request),
  ...(sections[request.backend]?.notices?.(request.network) ?? [])
]

const resolverNotices = ({ network, egress }: AttachRequest): ReadonlyArray<string> => {
  if (network.dns.length === 0) {
    return [
      `network ${network.network} has no resolver: its guests are told of none (set networks.${network.network}.dns)`
    ]
  }
  const beyond = network.dns.filter((resolver) => !within(network.subnet, resolver) && !within("127.0.0.0/8", resolver))
  if (beyond.length < network.dns.length || beyond.some((resolver) => reachable(egress, resolver))) return []
  return [
    `egress does not include a resolver (${beyond.join(", ")}): the guest cannot resolve names; ` +
      `allow ${beyond[0]}:53 if it should`
  ]
}

const within = (outer: string, inner: string): boolean =>
  covers(Result.getOrThrow(parseAddressOrPrefix(outer)), Result.getOrThrow(parseAddressOrPrefix(inner)))

const reachable = (egress: EgressPolicy, resolver: string): boolean => {
  if (egress._tag !== "Allow") return egress._tag === "Internet"
  return egress.rules.some(
    ({ destination, protocol, ports = [1, 65535] }) =>
      within(destination, resolver) && protocol !== "tcp" && ports[0] <= 53 && 53 <= ports[1]
  )
}
