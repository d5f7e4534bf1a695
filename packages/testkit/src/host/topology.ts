import { Effect, type Scope } from "effect"
import { PrivateHostError } from "./errors.ts"
import { undo } from "./mounts.ts"
import { run, runOk } from "./Process.ts"
import { readSysctl, writeSysctl } from "./sysctls.ts"

/** A connection of the private host to its internet. */
export interface Uplink {
  /** Interface name on the host, for example `eth0`. */
  readonly name: string
  /** Address with prefix length, for example `192.0.2.10/24`. */
  readonly address: string
  /** The router's address in the same subnet; it gets a default route there. */
  readonly gateway: string
  /** Further addresses of the host on this link, with prefix length. */
  readonly extraAddresses?: ReadonlyArray<string>
  /** Metric of the default route; the lowest one is used. Default: none for the first uplink, 100 for the next, ... */
  readonly metric?: number
  /** Bytes; default 1500. */
  readonly mtu?: number
}

/** Addresses that exist on every private host (TEST-NET-1, -2 and -3 of RFC 5737). */
export const addresses = {
  lan: "192.0.2.20",
  router: "192.0.2.1",
  /** A server on the internet that is no special one. */
  server: "198.51.100.1",
  dns: "198.51.100.53",
  web: "203.0.113.10"
} as const

export const mainUplink: Uplink = { name: "eth0", address: "192.0.2.10/24", gateway: addresses.router }

const prefixOf = (address: string) => address.slice(address.indexOf("/") + 1)
const mac = (kind: number, index: number) => `02:76:6d:6e:${hex(kind)}:${hex(index)}`
const hex = (byte: number) => byte.toString(16).padStart(2, "0")

/** One `ip -batch` in a namespace: the first failure ends it and fails. */
const batch = (netns: string | undefined, lines: ReadonlyArray<string>): Effect.Effect<void, PrivateHostError> =>
  Effect.asVoid(
    runOk(["ip", ...(netns === undefined ? [] : ["-netns", netns]), "-batch", "-"], { stdin: `${lines.join("\n")}\n` })
  )

/** A named network namespace, taken down with the scope. */
const namedNetns = (name: string) =>
  Effect.acquireRelease(runOk(["ip", "netns", "add", name]), () => undo(runOk(["ip", "netns", "delete", name])))

const linksOf = Effect.gen(function* () {
  const json = yield* runOk(["ip", "-json", "link", "show"])
  return JSON.parse(json) as ReadonlyArray<{ readonly ifname: string; readonly flags: ReadonlyArray<string> }>
})

/** The names that a fresh namespace has; anything else was put there by somebody whose work we would disturb. */
const kernelMade = /^(lo|sit0|tunl0|gre0|gretap0|erspan0|ip6tnl0|ip6gre0|ip6_vti0|ip_vti0)$/

const refuseForeignLinks = Effect.gen(function* () {
  const links = yield* linksOf
  const foreign = links.map((link) => link.ifname).filter((name) => !kernelMade.test(name))
  if (foreign.length === 0) return
  return yield* new PrivateHostError({
    action: "build",
    object: "a private host",
    detail: `this namespace is in use, it has ${foreign.join(", ")}`
  })
})

const routerSide = (uplink: Uplink, index: number): ReadonlyArray<string> => [
  `link add wire${index} address ${mac(1, index)} type bridge stp_state 0 mcast_snooping 0`,
  `link set uplink${index} master wire${index} up`,
  `addr add ${uplink.gateway}/${prefixOf(uplink.address)} dev wire${index}`,
  `link set wire${index} up`
]

/** `ip link add eth0 type veth peer name uplink0 netns internet`: the peer is born where it belongs. */
const plugIn = Effect.fnUntraced(function* (uplink: Uplink, index: number) {
  const mtu = `mtu ${uplink.mtu ?? 1500}`
  const peer = `peer name uplink${index} address ${mac(2, index)} ${mtu} netns internet`
  yield* Effect.acquireRelease(
    batch(undefined, [`link add name ${uplink.name} address ${mac(0, index)} ${mtu} type veth ${peer}`]),
    // Named here and not left to the netns: deleting the link is done when the command is, so the name is free again.
    () => undo(run(["ip", "link", "delete", uplink.name]))
  )
  // Without duplicate address detection its link-local address is there at once, and a snapshot does not see it settle.
  const dad = `ipv6/conf/${uplink.name}/accept_dad`
  if (readSysctl(dad) !== undefined) yield* writeSysctl(dad, "0")
  yield* batch("internet", routerSide(uplink, index))
  yield* batch(undefined, [
    ...[uplink.address, ...(uplink.extraAddresses ?? [])].map((one) => `addr add ${one} dev ${uplink.name}`),
    `link set ${uplink.name} up`,
    `route add default via ${uplink.gateway} dev ${uplink.name} metric ${uplink.metric ?? 100 * index}`
  ])
})

/** The neighbour shares the first uplink's segment, so it can also be given routes through the host. */
const plugInNeighbour = Effect.gen(function* () {
  yield* batch("internet", [
    `link add name lan0 type veth peer name eth0 address ${mac(3, 0)} netns lan`,
    "link set lan0 master wire0 up"
  ])
  yield* batch("lan", [
    "link set lo up",
    `addr add ${addresses.lan}/24 dev eth0`,
    "link set eth0 up",
    `route add default via ${addresses.router} dev eth0`
  ])
})

/** Bringing it up gives it addresses that going down does not take away. One that was up stays as it is. */
const loopback = Effect.gen(function* () {
  const isUp = (yield* linksOf).some((link) => link.ifname === "lo" && link.flags.includes("UP"))
  if (isUp) return
  yield* Effect.acquireRelease(batch(undefined, ["link set lo up"]), () =>
    undo(batch(undefined, ["address flush dev lo", "link set lo down"]))
  )
})

/**
 * Links, addresses and routes of the host, its LAN neighbour and its internet. The internet has no route back to
 * anything but the uplinks' subnets: what leaves the host without being masqueraded is never answered.
 */
export const buildTopology = (uplinks: ReadonlyArray<Uplink>): Effect.Effect<void, PrivateHostError, Scope.Scope> =>
  Effect.gen(function* () {
    yield* refuseForeignLinks
    yield* loopback
    yield* namedNetns("internet")
    yield* namedNetns("lan")
    yield* batch("internet", [
      "link set lo up",
      ...[addresses.server, addresses.dns, addresses.web].map((one) => `addr add ${one}/32 dev lo`)
    ])
    for (const [index, uplink] of uplinks.entries()) yield* plugIn(uplink, index)
    yield* plugInNeighbour
  })
