import { Result } from "effect"
import type { Parsed } from "../names/Parsed.ts"
import { quote } from "../names/quote.ts"
import { formatIpv4, parseIpv4, parsePrefix } from "../net/Ipv4.ts"
import { type Ipv4PoolInput, makeIpv4Pool, type NetworkAddresses, poolInput } from "../net/Ipv4Pool.ts"

/** An address a guest of the network may have; only its grammar where there is no network to hold it against. */
export const guestAddress = (
  text: string,
  network: (Ipv4PoolInput & { readonly network: string }) | undefined
): Parsed<string> =>
  Result.gen(function* () {
    const address = formatIpv4(yield* parseIpv4(text))
    if (network === undefined) return address
    const pool = yield* makeIpv4Pool(network)
    const where = `network ${network.network} (${network.subnet})`
    if (!pool.contains(address)) return yield* Result.fail(`${address} is outside ${where}`)
    const reserved = pool.isReserved(address)
    if (reserved === undefined) return address
    const words = reserved === "excluded" ? "excluded from" : `the ${reserved} of`
    return yield* Result.fail(`${address} is ${words} ${where}`)
  })

/** The address of a slot, which both address plans of the network must have room for. */
export const slotAddress = (
  text: string,
  network: (NetworkAddresses & { readonly network: string }) | undefined
): Parsed<string> =>
  Result.gen(function* () {
    if (!/^[1-9][0-9]{0,6}$/.test(text)) return yield* Result.fail(`${quote(text)} is not a slot: a number from 1 on`)
    if (network === undefined) return text
    const pool = yield* makeIpv4Pool(poolInput(network))
    const address = slotAddressOf(network.subnet, Number(text))
    if (pool.indexOf(address) !== undefined) return address
    const last = pool.nth(pool.size - 1)
    return yield* Result.fail(
      `network ${network.network} (${network.subnet}) has no slot ${text}` +
        (last === undefined ? "" : `: its last one is ${slotOf(network.subnet, last)}`)
    )
  })

/** The address that leads to a slot, whether there is room for it or not; the inverse of `slotOf`. */
export const slotAddressOf = (subnet: string, slot: number): string =>
  formatIpv4(Result.getOrThrow(parsePrefix(subnet)).base + slot)

/** The slot that an address of a network leads to; the inverse of `slotAddressOf`. */
export const slotOf = (subnet: string, address: string): number =>
  Result.getOrThrow(parseIpv4(address)) - Result.getOrThrow(parsePrefix(subnet)).base
