import { Context, Effect, Layer, type Scope } from "effect"
import { NotPrivate, type PrivateHostError } from "./errors.ts"
import { privateMounts } from "./mounts.ts"
import { privacyGaps } from "./privacy.ts"
import { hostSysctls } from "./sysctls.ts"
import { addresses, buildTopology, mainUplink, type Uplink } from "./topology.ts"
import { listen, makeTraffic, type Traffic } from "./Traffic.ts"

export interface PrivateHostOptions {
  /** Connections to the internet; the first one shares its segment with the LAN neighbour. Default: `eth0`. */
  readonly uplinks?: readonly [Uplink, ...ReadonlyArray<Uplink>]
  /** What `net.ipv4.ip_forward` is when the host is ready. Default false. */
  readonly ipForward?: boolean
  /** Whether bridged packets traverse iptables and nftables, where the kernel has it. Default false. */
  readonly bridgeNetfilter?: boolean
  /** What the DNS server on the internet knows: name to IPv4 address. Default `example.test`, the web server. */
  readonly records?: Readonly<Record<string, string>>
}

/** A simulated machine: the current network namespace, with an uplink to a small internet and a neighbour on its LAN. */
export interface PrivateHostShape extends Traffic {
  readonly uplinks: readonly [Uplink, ...ReadonlyArray<Uplink>]
  readonly addresses: typeof addresses
}

const webPort = 80
const echoPort = 7
const dnsPort = 53

/** The servers of the internet; their `page` is `internet`. One process for all of them. */
const openInternet = Effect.fnUntraced(function* (
  traffic: Effect.Success<typeof makeTraffic>,
  records: Readonly<Record<string, string>>
) {
  const agent = yield* traffic.agent("internet")
  yield* listen(agent, { op: "serveHttp", address: "0.0.0.0", port: webPort, page: "internet" })
  // One socket per address: from an unspecified one the kernel would answer with the address it likes best.
  for (const address of [addresses.server, addresses.web]) {
    yield* listen(agent, { op: "serveUdp", address, port: echoPort, page: "internet" })
  }
  yield* listen(agent, { op: "serveDns", address: addresses.dns, port: dnsPort, records })
})

const make = Effect.fn("PrivateHost.make")(function* (
  options: PrivateHostOptions = {}
): Effect.fn.Return<PrivateHostShape, NotPrivate | PrivateHostError, Scope.Scope> {
  const gaps = privacyGaps()
  if (gaps.length > 0) return yield* new NotPrivate({ missing: gaps })
  const uplinks = options.uplinks ?? [mainUplink]
  yield* privateMounts
  yield* hostSysctls({ ipForward: options.ipForward ?? false, bridgeNetfilter: options.bridgeNetfilter ?? false })
  yield* buildTopology(uplinks)
  const traffic = yield* makeTraffic
  // Kept for the host's whole life: tests ask from these two places again and again.
  yield* traffic.agent("host")
  yield* traffic.agent("lan")
  yield* openInternet(traffic, options.records ?? { "example.test": addresses.web })
  return { uplinks, addresses, http: traffic.http, udp: traffic.udp, serve: traffic.serve, run: traffic.run }
})

/**
 * A private host to test networking on. The host itself is the namespace of the calling process:
 *
 * - `host`: `eth0` 192.0.2.10/24, default route via 192.0.2.1; own `/run/netns`, `/run/vmnet` and `/sys`
 * - `lan`: a neighbour, 192.0.2.20/24, on the segment of `eth0`
 * - `internet`: the router, 198.51.100.1, 203.0.113.10 (HTTP on port 80 of every address, UDP echo on port 7 of these
 *   two), DNS on 198.51.100.53; it has no route back to anything behind the host
 *
 * `make` refuses to run anywhere but in a network and mount namespace of the process's own (`enterArgv`), and one at a
 * time. Closing its scope puts the namespaces back as they were (the empty directory /run/vmnet stays).
 */
export class PrivateHost extends Context.Service<PrivateHost, PrivateHostShape>()("@vmnet/testkit/PrivateHost") {
  static readonly make = make
  static readonly layer = (options?: PrivateHostOptions) => Layer.effect(PrivateHost, make(options))
}
