import { Result } from "effect"
import type { Parsed } from "../names/Parsed.ts"
import {
  formatIpv4,
  formatPrefix,
  inRange,
  type Ipv4Prefix,
  type Ipv4Range,
  parseAddressOrPrefix,
  parseIpv4,
  parsePrefix,
  rangeOf
} from "./Ipv4.ts"
import { clipRanges, countAddresses, type Ipv4Ranges, mergeRanges } from "./Ipv4Ranges.ts"

/** Why an address of the subnet is never given to a guest. */
export type Reservation = "network address" | "broadcast address" | "gateway" | "excluded"

export interface Ipv4PoolInput {
  readonly subnet: string
  /** Absent: the first usable address of the subnet. Null: the guests' gateway is none of its addresses. */
  readonly gateway?: string | null
  /** Addresses and prefixes; parts outside the subnet have no effect. */
  readonly exclude?: ReadonlyArray<string>
}

/** The pool of a network whose gateway may be an address of another subnet. */
export const poolInput = ({ subnet, gateway, exclude }: NetworkAddresses): Ipv4PoolInput => {
  const [within, address] = [parsePrefix(subnet), parseIpv4(gateway)]
  const isInside =
    Result.isSuccess(within) && Result.isSuccess(address) && inRange(rangeOf(within.success), address.success)
  return { subnet, gateway: isInside ? gateway : null, ...(exclude && { exclude }) }
}

export interface NetworkAddresses {
  readonly subnet: string
  readonly gateway: string
  readonly exclude?: ReadonlyArray<string>
}

/**
 * The addresses a subnet has for guests: all but network, broadcast, gateway and exclusions. Its cost is that of the
 * exclusions, whatever the size of the subnet. Addresses are dotted text.
 */
export interface Ipv4Pool {
  readonly subnet: string
  /** The subnet's prefix length. */
  readonly prefix: number
  readonly gateway: string | null
  /** How many addresses guests can have. */
  readonly size: number
  /** The guest address at an index from 0 to `size` - 1, in ascending order; `undefined` outside. */
  readonly nth: (index: number) => string | undefined
  /** The index of a guest address, the inverse of `nth`; `undefined` for every other address. */
  readonly indexOf: (address: string) => number | undefined
  /** Whether the subnet holds the address, reserved or not. */
  readonly contains: (address: string) => boolean
  /** Why an address of the subnet is not for guests; `undefined` when it is, or when it is outside. */
  readonly isReserved: (address: string) => Reservation | undefined
}

export const makeIpv4Pool = (input: Ipv4PoolInput): Parsed<Ipv4Pool> =>
  Result.gen(function* () {
    const subnet = yield* Result.flatMap(parsePrefix(input.subnet), withRoomForGuests)
    const gateway = yield* gatewayOf(subnet, input.gateway)
    const excluded = yield* Result.all((input.exclude ?? []).map(parseAddressOrPrefix))
    return build(subnet, gateway, mergeRanges(clipRanges(excluded.map(rangeOf), rangeOf(subnet))))
  })

const gatewayOf = (subnet: Ipv4Prefix, gateway: string | null | undefined): Parsed<number | null> => {
  if (gateway === null) return Result.succeed(null)
  if (gateway === undefined) return Result.succeed(subnet.base + 1)
  return Result.flatMap(parseIpv4(gateway), (address) => withinHosts(subnet, address))
}

/** A guest needs a subnet with a network address, a gateway, itself and a broadcast address: /30 at the least. */
const withRoomForGuests = (subnet: Ipv4Prefix): Parsed<Ipv4Prefix> => {
  const shown = formatPrefix(subnet)
  if (subnet.length === 32) return Result.fail(`${shown} is a single address: a gateway and a guest need a /30 or more`)
  if (subnet.length === 31) return Result.fail(`${shown} has no broadcast address: bridged guests need a /30 or more`)
  if (subnet.length < 8) return Result.fail(`${shown} is larger than a /8`)
  return Result.succeed(subnet)
}

const withinHosts = (subnet: Ipv4Prefix, gateway: number): Parsed<number> => {
  const { first, last } = rangeOf(subnet)
  const shown = `gateway ${formatIpv4(gateway)}`
  if (gateway < first || last < gateway) return Result.fail(`${shown} is outside ${formatPrefix(subnet)}`)
  if (gateway === first) return Result.fail(`${shown} is the network address of ${formatPrefix(subnet)}`)
  if (gateway === last) return Result.fail(`${shown} is the broadcast address of ${formatPrefix(subnet)}`)
  return Result.succeed(gateway)
}

const one = (address: number): Ipv4Range => ({ first: address, last: address })

const build = (subnet: Ipv4Prefix, gateway: number | null, excluded: Ipv4Ranges): Ipv4Pool => {
  const bounds = rangeOf(subnet)
  const reserved = mergeRanges([
    one(bounds.first),
    one(bounds.last),
    ...(gateway === null ? [] : [one(gateway)]),
    ...excluded
  ])
  const free = gaps(reserved, bounds)
  const read = <A>(text: string, f: (address: number) => A | undefined): A | undefined =>
    Result.getOrUndefined(Result.map(parseIpv4(text), f))
  return {
    subnet: formatPrefix(subnet),
    prefix: subnet.length,
    gateway: gateway === null ? null : formatIpv4(gateway),
    size: countAddresses(free),
    nth: (index) => nthOf(free, index),
    indexOf: (address) => read(address, (address) => indexIn(free, address)),
    contains: (address) => read(address, (address) => inRange(bounds, address)) ?? false,
    isReserved: (address) =>
      read(address, (address): Reservation | undefined => {
        if (address === bounds.first) return "network address"
        if (address === bounds.last) return "broadcast address"
        if (address === gateway) return "gateway"
        return excluded.some((range) => inRange(range, address)) ? "excluded" : undefined
      })
  }
}

/** What lies within `bounds` and in none of `ranges`. */
const gaps = (ranges: Ipv4Ranges, bounds: Ipv4Range): Ipv4Ranges => {
  const starts = [bounds.first, ...ranges.map(({ last }) => last + 1)]
  const ends = [...ranges.map(({ first }) => first - 1), bounds.last]
  return starts.map((first, index) => ({ first, last: ends[index]! })).filter(({ first, last }) => first <= last)
}

const nthOf = (free: Ipv4Ranges, index: number): string | undefined => {
  if (!Number.isInteger(index) || index < 0) return undefined
  let left = index
  for (const { first, last } of free) {
    const count = last - first + 1
    if (left < count) return formatIpv4(first + left)
    left -= count
  }
  return undefined
}

const indexIn = (free: Ipv4Ranges, address: number): number | undefined => {
  let before = 0
  for (const range of free) {
    if (inRange(range, address)) return before + address - range.first
    before += range.last - range.first + 1
  }
  return undefined
}
