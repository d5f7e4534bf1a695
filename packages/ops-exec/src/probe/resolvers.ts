import { isIpv4 } from "@vmnet/ops-common"

/**
 * Where the servers behind a stub on the loopback are written down: by systemd-resolved(8), and by NetworkManager(8) in
 * front of its own dnsmasq.
 */
export const behindStubs = ["/run/systemd/resolve/resolv.conf", "/run/NetworkManager/no-stub-resolv.conf"] as const

/** The IPv4 `nameserver` lines of resolv.conf(5), in order, each once. */
const nameservers = (text: string): ReadonlyArray<string> => {
  const found = text.split("\n").flatMap((line) => {
    const [word, address = ""] = line.trim().split(/\s+/)
    return word === "nameserver" && isIpv4(address) ? [address] : []
  })
  return [...new Set(found)]
}

/** 127.0.0.0/8 is the asker's own host, and so is 0.0.0.0, which the resolver library takes for it (RFC 1122, 3.2.1.3). */
const isOwnHost = (address: string): boolean => address.startsWith("127.") || address.startsWith("0.")

const usable = (text: string): ReadonlyArray<string> => nameservers(text).filter((address) => !isOwnHost(address))

/**
 * Resolvers a guest could reach. A stub on the host's loopback is of no use to it: when `/etc/resolv.conf` has nothing
 * else, the real ones are those the stub's maker writes elsewhere. The first file with any decides.
 */
export const usableResolvers = (resolvConf: string, behind: ReadonlyArray<() => string>): ReadonlyArray<string> => {
  for (const read of [() => resolvConf, ...behind]) {
    const found = usable(read())
    if (found.length > 0) return found
  }
  return []
}
