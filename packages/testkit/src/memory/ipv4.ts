import { Result } from "effect"
import { NetAddress } from "effect/net"
import { refuse } from "./Refusal.ts"

/** A prefix as numbers: the addresses `first` to `last`, both included. */
export interface Ipv4Range {
  readonly first: number
  readonly last: number
  readonly prefix: number
}

const size = (prefix: number): number => 2 ** (32 - prefix)

/** Dotted text to an unsigned number; anything else is `Invalid`. */
export const parseIpv4 = (text: string): number => {
  const parsed = NetAddress.ipv4FromString(text)
  if (Result.isFailure(parsed)) return refuse("Invalid", `${text} is not an IPv4 address`)
  return NetAddress.ipv4ToOctets(parsed.success).reduce((value, octet) => value * 256 + octet, 0)
}

export const formatIpv4 = (value: number): string =>
  [24, 16, 8, 0].map((shift) => Math.floor(value / 2 ** shift) % 256).join(".")

/** `10.0.42.1/24`: an address and the network it stands in. */
export const parseInterface = (text: string): { readonly address: number; readonly network: Ipv4Range } => {
  const match = /^([^/]+)\/(\d{1,2})$/.exec(text)
  const prefix = Number(match?.[2])
  if (match === null || prefix > 32) return refuse("Invalid", `${text} is not an address in prefix form`)
  const address = parseIpv4(match[1]!)
  const first = address - (address % size(prefix))
  return { address, network: { first, last: first + size(prefix) - 1, prefix } }
}

/** A prefix without host bits, `default`, or a single address (a /32). */
export const parseNetwork = (text: string): Ipv4Range => {
  if (text === "default") return parseInterface("0.0.0.0/0").network
  const { address, network } = parseInterface(text.includes("/") ? text : `${text}/32`)
  return address === network.first ? network : refuse("Invalid", `${text}: Invalid prefix for given prefix length`)
}

export const formatNetwork = (network: Ipv4Range): string => `${formatIpv4(network.first)}/${network.prefix}`

export const covers = (network: Ipv4Range, address: number): boolean =>
  network.first <= address && address <= network.last
