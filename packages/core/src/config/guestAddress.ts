import { Result } from "effect"
import type { Parsed } from "../names/Parsed.ts"
import { formatIpv4, parseIpv4 } from "../net/Ipv4.ts"
import { type Ipv4PoolInput, makeIpv4Pool } from "../net/Ipv4Pool.ts"

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
