import { Result } from "effect"
import { IpInterface, NetAddress } from "effect/net"
import type { Parsed } from "../names/Parsed.ts"
import { quote } from "../names/quote.ts"

/** Addresses are unsigned 32-bit numbers here and dotted text at every contract. */
export const parseIpv4 = (text: string): Parsed<number> =>
  Result.mapBoth(NetAddress.ipv4FromString(text), {
    onFailure: (error) => `${quote(text)} is not an IPv4 address: ${error.message}`,
    onSuccess: toNumber
  })

export const formatIpv4 = (address: number): string =>
  NetAddress.formatIp(
    NetAddress.ipv4FromBytesUnsafe(Uint8Array.of(address >>> 24, address >>> 16, address >>> 8, address))
  )

const toNumber = (address: NetAddress.Ipv4Address): number =>
  NetAddress.ipv4ToOctets(address).reduce((value, octet) => value * 256 + octet, 0)

/** A block of addresses in prefix form: `base` has no bits below `length`. */
export interface Ipv4Prefix {
  readonly base: number
  readonly length: number
}

/** Both ends included. */
export interface Ipv4Range {
  readonly first: number
  readonly last: number
}

export const prefixSize = (length: number): number => 2 ** (32 - length)

export const rangeOf = (prefix: Ipv4Prefix): Ipv4Range => ({
  first: prefix.base,
  last: prefix.base + prefixSize(prefix.length) - 1
})

/** The block of `length` that holds `address`. */
export const prefixAround = (address: number, length: number): Ipv4Prefix => ({
  base: address - (address % prefixSize(length)),
  length
})

export const formatPrefix = (prefix: Ipv4Prefix): string => `${formatIpv4(prefix.base)}/${prefix.length}`

/** `10.0.42.0/24`; bits set below the prefix are refused, naming the block that was probably meant. */
export const parsePrefix = (text: string): Parsed<Ipv4Prefix> =>
  Result.flatMap(parseInterface(text), ({ address, prefix }) =>
    address === prefix.base
      ? Result.succeed(prefix)
      : Result.fail(`${quote(text)} has bits set below its prefix: the block is ${formatPrefix(prefix)}`)
  )

/** `10.0.42.7/24`: an address within its block, as links carry it. */
export const parseInterface = (text: string): Parsed<{ readonly address: number; readonly prefix: Ipv4Prefix }> =>
  Result.mapBoth(IpInterface.ipv4FromString(text, { prefix: "required" }), {
    onFailure: (error) => `${quote(text)} is not an IPv4 prefix such as 10.0.42.0/24: ${error.message}`,
    onSuccess: (found) => {
      const address = toNumber(found.address)
      return { address, prefix: prefixAround(address, found.prefixLength) }
    }
  })

/** `203.0.113.7` (a block of one) or `203.0.113.0/24`. */
export const parseAddressOrPrefix = (text: string): Parsed<Ipv4Prefix> =>
  text.includes("/") ? parsePrefix(text) : Result.map(parseIpv4(text), (base) => ({ base, length: 32 }))

/** A block of one as its plain address, every other as a prefix. */
export const formatAddressOrPrefix = (prefix: Ipv4Prefix): string =>
  prefix.length === 32 ? formatIpv4(prefix.base) : formatPrefix(prefix)

export const inRange = (range: Ipv4Range, address: number): boolean => range.first <= address && address <= range.last

export const rangesOverlap = (a: Ipv4Range, b: Ipv4Range): boolean => a.first <= b.last && b.first <= a.last

export const overlaps = (a: Ipv4Prefix, b: Ipv4Prefix): boolean => rangesOverlap(rangeOf(a), rangeOf(b))

/** Whether every address of `inner` is in `outer`. */
export const covers = (outer: Ipv4Prefix, inner: Ipv4Prefix): boolean =>
  outer.length <= inner.length && inRange(rangeOf(outer), inner.base)
