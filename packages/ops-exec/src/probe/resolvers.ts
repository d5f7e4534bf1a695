import { isIpv4 } from "../text/ipv4.ts"

/** The IPv4 `nameserver` lines of resolv.conf(5), in order. */
const nameservers = (text: string): ReadonlyArray<string> =>
  text.split("\n").flatMap((line) => {
    const [word, address = ""] = line.trim().split(/\s+/)
    return word === "nameserver" && isIpv4(address) ? [address] : []
  })

const isLoopback = (address: string): boolean => address.startsWith("127.")

/**
 * Resolvers a guest could reach. A stub on the host's loopback is of no use to it: when `/etc/resolv.conf` has nothing
 * else, the real ones are those systemd-resolved writes beside it.
 */
export const usableResolvers = (resolvConf: string, behindStub: () => string): ReadonlyArray<string> => {
  const own = nameservers(resolvConf).filter((address) => !isLoopback(address))
  return own.length > 0 ? own : nameservers(behindStub()).filter((address) => !isLoopback(address))
}
