import { type Attachment, formatIpv4, parseInterface, parseIpv4, prefixAround, prefixSize } from "@vmnet/core"
import { Result } from "effect"

/** What the kernel calls a guest's first network device before anything renames it. */
export const guestDevice = "eth0"

/** The guest's addresses in the words of those who do not take a prefix. They come from a lease: they do parse. */
export const guestNetwork = ({ address, gateway }: Attachment["guest"]) => {
  const own = Result.getOrThrow(parseInterface(address))
  const { length } = own.prefix
  const next = prefixAround(Result.getOrThrow(parseIpv4(gateway)), length)
  return {
    address: formatIpv4(own.address),
    netmask: formatIpv4(2 ** 32 - prefixSize(length)),
    /** Whether the gateway is a neighbour by the address alone, or needs a route of its own. */
    gatewayOnLink: next.base === own.prefix.base
  }
}
