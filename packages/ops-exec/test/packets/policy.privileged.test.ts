import { assert, layer } from "@effect/vitest"
import type { NatElement, Netns } from "@vmnet/core"
import { layerExec } from "@vmnet/ops-exec"
import { Context, Effect, Layer } from "effect"
import { namedNetns } from "../support/kernelFixture.ts"
import { inside, ip } from "../support/programs.ts"
import { type Agent, makeAgent } from "./Agent.ts"
import {
  add,
  applyNat,
  guestElement,
  hostAddress,
  install,
  internetAddress,
  makeGuest,
  makeInternet,
  makeSegment,
  otherAddress,
  pings,
  remove,
  setConf
} from "./lab.ts"

class Hosts extends Context.Service<
  Hosts,
  {
    readonly internet: Agent
    readonly host: Agent
    readonly one: Agent
    readonly two: Agent
    readonly listed: Agent
    readonly none: Agent
    readonly stranger: Agent
  }
>()("test/Hosts") {}

const one = { name: "one", device: "vmb1", address: "10.0.42.2", mark: 0x11 }

/** A bridge and a guest of somebody else, whose names begin like ours. */
const makeStranger = Effect.gen(function* () {
  const { path } = yield* namedNetns
  ip("link", "add", "name", "vmb1x", "type", "bridge")
  ip("address", "add", "10.0.99.1/24", "dev", "vmb1x")
  ip("link", "set", "dev", "vmb1x", "up")
  ip("link", "add", "name", "ponex", "type", "veth", "peer", "name", "eth0", "netns", path.slice("/run/netns/".length))
  ip("link", "set", "dev", "ponex", "master", "vmb1x", "up")
  inside(path, "ip", "address", "add", "10.0.99.2/24", "dev", "eth0")
  inside(path, "ip", "link", "set", "dev", "eth0", "up")
  inside(path, "ip", "route", "add", "default", "via", "10.0.99.1")
  yield* Effect.addFinalizer(() => Effect.sync(() => ip("link", "delete", "dev", "vmb1x")))
  return yield* makeAgent("stranger", path)
})

const hosts = Layer.effect(
  Hosts,
  Effect.gen(function* () {
    yield* applyNat({ _tag: "AddLayout" })
    const internet = yield* makeInternet
    inside(internet.netns, "ip", "route", "add", "10.0.99.0/24", "via", hostAddress)
    yield* makeSegment("vmb1", "10.0.42.1")
    yield* makeSegment("vmb2", "10.0.43.1")
    const guests = {
      one: yield* makeGuest(one),
      two: yield* makeGuest({ name: "two", device: "vmb2", address: "10.0.43.2", mark: 0x12 }),
      listed: yield* makeGuest({ name: "listed", device: "vmb1", address: "10.0.42.3", mark: 0x13, egress: "listed" }),
      none: yield* makeGuest({ name: "none", device: "vmb1", address: "10.0.42.4", mark: 0x14, egress: "none" })
    }
    const host = yield* makeAgent("host", "/proc/self/ns/net")
    const stranger = yield* makeStranger
    for (const agent of [internet, host, stranger, ...Object.values(guests)]) yield* agent.serve("tcp", 80)
    for (const agent of [host, ...Object.values(guests)]) yield* agent.serve("udp", 53)
    // With several addresses of its own it has to answer from the one it was asked at.
    for (const address of [internetAddress, otherAddress]) yield* internet.serve("udp", 53, address)
    return Hosts.of({ internet, host, stranger, ...guests })
  })
).pipe(Layer.provideMerge(layerExec({ install })))

const egress = (over: Partial<Extract<NatElement, { _tag: "Egress" }>>): NatElement => ({
  _tag: "Egress",
  address: "10.0.42.3",
  destination: `${internetAddress}/32`,
  ...over
})

const publish = (over: Partial<Extract<NatElement, { _tag: "Publish" }>>): NatElement => {
  const ports = { hostAddress: null, hostPort: 8080, count: 1, guestPort: 80 } as const
  return { _tag: "Publish", protocol: "tcp", ...ports, guestAddress: "10.0.42.2", mark: 0x301, ...over }
}

layer(hosts, { excludeTestServices: true, timeout: 60_000 })("guests", (it) => {
  it.effect("leave the host with its address, and keep their own inside their segment", () =>
    Effect.gen(function* () {
      const { internet, listed, one } = yield* Hosts
      assert.strictEqual(yield* one.tcp(internetAddress, 80), `internet sees ${hostAddress}`)
      assert.strictEqual(yield* one.udp(internetAddress, 53), `internet sees ${hostAddress}`)
      assert.strictEqual(yield* one.tcp("10.0.42.3", 80), "listed sees 10.0.42.2")
      assert.strictEqual(yield* listed.tcp("10.0.42.2", 80), "one sees 10.0.42.3")
      assert.isNull(yield* internet.tcp("10.0.42.2", 80))
    })
  )

  it.effect("reach no service of the host, only ping, until they are trusted", () =>
    Effect.gen(function* () {
      const { host, one, two } = yield* Hosts
      for (const address of ["10.0.42.1", hostAddress]) {
        assert.isNull(yield* one.tcp(address, 80))
        assert.isNull(yield* one.udp(address, 53))
        assert.isTrue(pings(one.netns, address))
      }
      assert.strictEqual(yield* host.tcp("10.0.42.2", 80), "one sees 10.0.42.1", "the host reaches its guests")
      yield* applyNat(add({ _tag: "HostAccess", device: "vmb1" }))
      assert.strictEqual(yield* one.tcp("10.0.42.1", 80), "host sees 10.0.42.2")
      assert.strictEqual(yield* one.udp("10.0.42.1", 53), "host sees 10.0.42.2")
      assert.isNull(yield* two.tcp("10.0.43.1", 80), "the other segment is not trusted")
      yield* applyNat(remove({ _tag: "HostAccess", device: "vmb1" }))
      assert.isNull(yield* one.tcp("10.0.42.1", 80))
    })
  )

  it.effect("reach no other segment, in either direction, not even by ping", () =>
    Effect.gen(function* () {
      const { one, two } = yield* Hosts
      assert.isNull(yield* one.tcp("10.0.43.2", 80))
      assert.isNull(yield* two.udp("10.0.42.2", 53))
      assert.isFalse(pings(one.netns, "10.0.43.2"))
      assert.isFalse(pings(two.netns, "10.0.42.2"))
      // The gateway address of another segment is the host's own: ping, and nothing else.
      assert.isNull(yield* one.tcp("10.0.43.1", 80))
    })
  )

  it.effect("with listed egress reach exactly what is listed, and nothing else", () =>
    Effect.gen(function* () {
      const { listed } = yield* Hosts
      assert.isNull(yield* listed.tcp(internetAddress, 80))
      const web = egress({ protocol: "tcp", ports: [80, 80] })
      yield* applyNat(add(web))
      assert.isNotNull(yield* listed.tcp(internetAddress, 80))
      assert.isNull(yield* listed.udp(internetAddress, 53))
      assert.isNull(yield* listed.tcp(otherAddress, 80))
      const everything = egress({ destination: "203.0.113.0/24" })
      yield* applyNat(remove(web), add(everything))
      assert.isNull(yield* listed.tcp(internetAddress, 80))
      assert.isNotNull(yield* listed.tcp(otherAddress, 80))
      assert.isNotNull(yield* listed.udp(otherAddress, 53))
      assert.isTrue(pings(listed.netns, otherAddress))
      yield* applyNat(remove(everything))
    })
  )

  it.effect("with no egress reach their segment and nothing else", () =>
    Effect.gen(function* () {
      const { none } = yield* Hosts
      assert.isNull(yield* none.tcp(internetAddress, 80))
      assert.isFalse(pings(none.netns, internetAddress))
      assert.strictEqual(yield* none.tcp("10.0.42.2", 80), "one sees 10.0.42.4")
    })
  )

  it.effect("answer at their published ports, whatever they may open themselves, to guests of other segments too", () =>
    Effect.gen(function* () {
      const { internet, two } = yield* Hosts
      for (const [guestAddress, mark] of [
        ["10.0.42.4", 0x301],
        ["10.0.42.3", 0x302],
        ["10.0.42.2", 0x303]
      ] as const) {
        const port = publish({ guestAddress, mark })
        yield* applyNat(add(port))
        assert.isNotNull(yield* internet.tcp(hostAddress, 8080), guestAddress)
        assert.isNotNull(yield* two.tcp(hostAddress, 8080), guestAddress)
        yield* applyNat(remove(port))
        assert.isNull(yield* two.tcp(hostAddress, 8080), guestAddress)
      }
    })
  )

  it.effect("reach no link-local service beyond the host", () =>
    Effect.gen(function* () {
      const { host, internet, one } = yield* Hosts
      inside(internet.netns, "ip", "address", "add", "169.254.169.254/32", "dev", "lo")
      assert.isNotNull(yield* host.tcp("169.254.169.254", 80), "it is there for the host")
      assert.isNull(yield* one.tcp("169.254.169.254", 80))
    })
  )

  it.effect("reach nothing on the host's loopback, even trusted and with route_localnet", () =>
    Effect.gen(function* () {
      const { host, one } = yield* Hosts
      yield* host.serve("tcp", 81, "127.0.0.1")
      const guest: Netns = { _tag: "Path", path: one.netns }
      yield* setConf("vmb1", "route_localnet", "1")
      yield* setConf("eth0", "route_localnet", "1", guest)
      yield* applyNat(add({ _tag: "HostAccess", device: "vmb1" }))
      inside(one.netns, "ip", "address", "delete", "127.0.0.1/8", "dev", "lo")
      inside(one.netns, "ip", "route", "add", "127.0.0.0/8", "via", "10.0.42.1")
      assert.isNull(yield* one.tcp("127.0.0.1", 81))
      assert.isNotNull(yield* one.tcp("10.0.42.1", 80), "they are trusted")
      yield* applyNat(remove({ _tag: "HostAccess", device: "vmb1" }))
    })
  )

  it.effect("on an old address may go on where their predecessor's flow is still remembered", () =>
    Effect.gen(function* () {
      const { one: agent } = yield* Hosts
      const flow = { localPort: 41_000 }
      assert.isNotNull(yield* agent.udp(internetAddress, 53, flow))
      yield* applyNat(remove(guestElement(one)), add(guestElement({ ...one, mark: 0x21 })))
      assert.isNotNull(yield* agent.udp(internetAddress, 53, flow), "the flow is the new guest's now")
      assert.isNotNull(yield* agent.udp(internetAddress, 53, { localPort: 41_001 }))
      yield* applyNat(remove(guestElement({ ...one, mark: 0x21 })), add(guestElement({ ...one, mark: 0x22 })))
    })
  )

  it.effect("of others, on devices named like ours, are none of our business", () =>
    Effect.gen(function* () {
      const { host, internet, stranger } = yield* Hosts
      assert.strictEqual(yield* stranger.tcp(internetAddress, 80), "internet sees 10.0.99.2")
      assert.strictEqual(yield* stranger.tcp("10.0.99.1", 80), "host sees 10.0.99.2")
      assert.strictEqual(yield* internet.tcp("10.0.99.2", 80), "stranger sees 192.0.2.254")
      assert.strictEqual(yield* host.tcp("10.0.99.2", 80), "stranger sees 10.0.99.1")
      assert.isNull(yield* stranger.tcp("10.0.42.2", 80), "but they do not reach ours")
    })
  )
})
