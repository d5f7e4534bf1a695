import { Result } from "effect"
import { NetAddress } from "effect/net"
import { digest, hex } from "./hash.ts"
import type { Parsed } from "./Parsed.ts"
import { quote } from "./quote.ts"

/** MAC addresses, always in lower case with colons. */
export const Mac = {
  /** `02:fc:` and four bytes of hash: unicast and locally administered (IEEE 802, bits 0 and 1 of the first byte). */
  derive: (install: string, subject: string, attempt: number): string => {
    const bytes = hex(digest(["mac", install, subject, `${attempt}`]), 8)
    return `02:fc:${bytes.match(/../g)!.join(":")}`
  },

  /** A person's choice: any unicast address but zero, in either case. */
  parse: (text: string): Parsed<string> =>
    Result.flatMap(
      Result.mapError(
        NetAddress.macAddressFromString(text),
        () => `${quote(text)} is not a MAC address such as 02:fc:00:00:00:05`
      ),
      (mac) => {
        const normal = NetAddress.formatMacAddress(mac).toLowerCase()
        if (NetAddress.isMacBroadcast(mac)) return Result.fail(`${normal} is the broadcast address`)
        if (NetAddress.isMacMulticast(mac)) {
          return Result.fail(`${normal} is a multicast address: the first byte must be even`)
        }
        return normal === "00:00:00:00:00:00" ? Result.fail(`${normal} is no address`) : Result.succeed(normal)
      }
    )
} as const
