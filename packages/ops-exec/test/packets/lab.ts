import {
  hostNetns,
  type LinkChange,
  LinkOps,
  type NatChange,
  type NatElement,
  NatOps,
  type Netns,
  SysctlOps
} from "@vmnet/core"
import { natFixtures } from "@vmnet/testkit/conformance"
import { Effect } from "effect"
import { namedNetns } from "../support/kernelFixture.ts"
import { inside, ip } from "../support/programs.ts"
import { makeAgent } from "./Agent.ts"

export const { add, install, remove } = natFixtures

/** The host's address on its uplink, the neighbour there, and two addresses of the internet behind it. */
export const hostAddress = "192.0.2.1"
export const neighbourAddress = "192.0.2.254"
export const internetAddress = "198.51.100.9"
export const otherAddress = "203.0.113.9"

export const applyNat = (...changes: ReadonlyArray<NatChange>) => NatOps.use((nat) => nat.apply(hostNetns, changes))

export const applyLinks = (...changes: ReadonlyArray<LinkChange>) =>
  LinkOps.use((links) => links.apply(hostNetns, changes))

/** Sets a parameter below `net`, on the host or elsewhere. */
export const setSysctl = (key: ReadonlyArray<string>, value: string, netns: Netns = hostNetns) =>
  SysctlOps.use((sysctls) => sysctls.write(netns, ["net", ...key], value))

export const setConf = (device: string, parameter: string, value: string, netns: Netns = hostNetns) =>
  setSysctl(["ipv4", "conf", device, parameter], value, netns)

/** The uplink, and beyond it one namespace that is the LAN neighbour and the internet; it knows no route to guests. */
export const makeInternet = Effect.gen(function* () {
  const { path } = yield* namedNetns
  ip("link", "set", "dev", "lo", "up")
  ip("link", "add", "name", "up0", "type", "veth", "peer", "name", "eth0", "netns", path.slice("/run/netns/".length))
  ip("address", "add", `${hostAddress}/24`, "dev", "up0")
  ip("link", "set", "dev", "up0", "up")
  ip("route", "add", "default", "via", neighbourAddress)
  inside(path, "ip", "link", "set", "dev", "lo", "up")
  for (const address of [internetAddress, otherAddress])
    inside(path, "ip", "address", "add", `${address}/32`, "dev", "lo")
  inside(path, "ip", "address", "add", `${neighbourAddress}/24`, "dev", "eth0")
  inside(path, "ip", "link", "set", "dev", "eth0", "up")
  yield* Effect.addFinalizer(() => Effect.sync(() => ip("link", "delete", "dev", "up0")))
  yield* setSysctl(["ipv4", "ip_forward"], "1")
  return yield* makeAgent("internet", path)
})

/** The layout, and the internet beyond the uplink, which answers there. */
export const makeHost = Effect.gen(function* () {
  yield* applyNat(natFixtures.addLayout)
  yield* Effect.addFinalizer(() => Effect.orDie(applyNat(natFixtures.deleteLayout)))
  return yield* makeInternet
})

/** One port of every address of the host's, and the guest's that it leads to. */
export const published = (
  protocol: "tcp" | "udp",
  [hostPort, guestPort]: readonly [number, number],
  guestAddress: string,
  mark: number
): NatChange => add(natFixtures.publish({ protocol, hostPort, guestPort, guestAddress, mark }))

/** A segment: a bridge with the gateway's address on it. */
export const makeSegment = Effect.fnUntraced(function* (device: string, gateway: string, isolated = false) {
  yield* applyNat(add({ _tag: "Segment", device, isolated }), add({ _tag: "Masquerade", device }))
  const octet = gateway.split(".")[2] ?? "0"
  const mac = `02:00:00:00:${Number(octet).toString(16).padStart(2, "0")}:01`
  yield* applyLinks(
    { _tag: "AddBridge", link: device, mac, mtu: 1500 },
    { _tag: "SetUp", link: device },
    { _tag: "AddAddress", link: device, address: `${gateway}/24` }
  )
  yield* Effect.addFinalizer(() => Effect.orDie(applyLinks({ _tag: "DeleteLink", link: device })))
})

export interface GuestSpec {
  readonly name: string
  readonly device: string
  readonly address: string
  readonly mark: number
  readonly egress?: "all" | "listed" | "none"
  readonly isolated?: boolean
}

/** The MAC that goes with an address of the lab. */
export const macOf = (address: string): string => {
  const [, , third = 0, fourth = 0] = address.split(".").map(Number)
  return `02:00:00:01:${[third, fourth].map((octet) => octet.toString(16).padStart(2, "0")).join(":")}`
}

export const guestElement = ({ address, device, egress = "all", mark }: GuestSpec): NatElement => ({
  _tag: "Guest",
  device,
  address,
  mark,
  egress
})

export const bindingElement = ({ address, name }: GuestSpec): NatElement => ({
  _tag: "Binding",
  port: `p${name}`,
  mac: macOf(address),
  address
})

/** A guest as the bridge backend makes it: its filter first, then its device, up last. */
export const makeGuest = Effect.fnUntraced(function* (spec: GuestSpec) {
  const netns = yield* namedNetns
  const { address, device, name } = spec
  const gateway = address.replace(/\d+$/, "1")
  yield* applyNat(add(bindingElement(spec)), add(guestElement(spec)))
  yield* applyLinks(
    { _tag: "AddVeth", link: `p${name}`, mtu: 1500, peer: { link: "eth0", netns, mac: macOf(address) } },
    { _tag: "SetMaster", link: `p${name}`, master: device, isolated: spec.isolated ?? false },
    { _tag: "SetUp", link: `p${name}` },
    { _tag: "AddNeighbour", link: device, address, mac: macOf(address) }
  )
  yield* LinkOps.use((links) =>
    links.apply(netns, [
      { _tag: "SetUp", link: "lo" },
      { _tag: "SetUp", link: "eth0" },
      { _tag: "AddAddress", link: "eth0", address: `${address}/24` },
      { _tag: "AddRoute", destination: "default", via: gateway, link: "eth0" }
    ])
  )
  return yield* makeAgent(name, netns.path)
})

/** The host's end of a link with one guest on it. */
export const pointToPoint = { device: "vmt9", mac: "02:00:00:00:50:01", address: "10.0.50.2", gateway: "10.0.50.1" }

/** A TAP that is a segment of its own, played by a veth: no bridge, and so no filter of frames. Gives the guest's namespace. */
export const makePointToPoint = Effect.fnUntraced(function* ({ isolated }: { readonly isolated: boolean }) {
  const { address, device, gateway, mac } = pointToPoint
  const netns = yield* namedNetns
  yield* applyNat(
    add(natFixtures.segment({ device, isolated })),
    add({ _tag: "Masquerade", device }),
    add(natFixtures.guest({ device, address, mark: 9 }))
  )
  yield* applyLinks(
    { _tag: "AddVeth", link: device, mtu: 1500, mac, peer: { link: "eth0", netns, mac: "02:00:00:00:50:02" } },
    { _tag: "SetUp", link: device },
    { _tag: "AddAddress", link: device, address: `${gateway}/24` }
  )
  yield* Effect.addFinalizer(() => Effect.orDie(applyLinks({ _tag: "DeleteLink", link: device })))
  yield* LinkOps.use((links) =>
    links.apply(netns, [
      { _tag: "SetUp", link: "eth0" },
      { _tag: "AddAddress", link: "eth0", address: `${address}/24` },
      { _tag: "AddRoute", destination: "default", link: "eth0", via: gateway }
    ])
  )
  return netns
})

/** `busybox ping`, one packet. */
export const pings = (netns: string, address: string): boolean => {
  try {
    inside(netns, "busybox", "ping", "-c", "1", "-W", "1", address)
    return true
  } catch {
    return false
  }
}
