import { assert } from "@effect/vitest"
import { type VmnetError, Vmnet } from "@vmnet/core"
import { PrivateHost } from "@vmnet/testkit"
import { Effect } from "effect"
import { changing, linkAt, portOf, routesAt } from "./support/kernel.ts"
import { request } from "./support/memoryHost.ts"
import { container, type Flags, leavesNoTrace, shareHost, tap } from "./support/realHost.ts"

const web = "http://203.0.113.10/"
const network = (subnet: string) => `networks: { lab: { subnet: ${subnet} } }`

/** A request that is refused, leaving no trace: code, exit code and the words. */
const refusal = Effect.fnUntraced(function* (flags: Partial<Flags>, config = "") {
  const vmnet = yield* Vmnet
  return yield* leavesNoTrace(Effect.flip(vmnet.up(request("refused", flags, config))))
})

const assertRefused = (error: VmnetError, code: string, exitCode: number, words: string): void => {
  assert.deepStrictEqual([error.code, error.exitCode], [code, exitCode])
  assert.include(error.message, words)
}

shareHost()("addresses", (it) => {
  it.effect.each([
    { subnet: "10.16.0.0/16", gateway: "10.16.0.1" },
    { subnet: "10.0.77.0/24", gateway: "10.0.77.1" },
    { subnet: "10.0.78.0/28", gateway: "10.0.78.1" },
    { subnet: "10.0.79.8/29", gateway: "10.0.79.9" },
    { subnet: "10.0.80.252/30", gateway: "10.0.80.253" },
    { subnet: "10.0.42.128/25", gateway: "10.0.42.129" }
  ])("$subnet comes up with gateway $gateway, and its guest reaches the internet", ({ subnet, gateway }) =>
    leavesNoTrace(
      Effect.gen(function* () {
        const host = yield* PrivateHost
        const { address, attachment, netns } = yield* container("vm1", { network: "lab" }, network(subnet))
        const prefix = subnet.split("/")[1]
        const { guest } = attachment
        assert.deepStrictEqual([guest.address, guest.gateway], [`${address}/${prefix}`, gateway])
        const bridge = (yield* portOf(netns)).master!
        assert.deepStrictEqual((yield* linkAt("host", bridge)).addresses, [`${gateway}/${prefix}`])
        assert.deepStrictEqual((yield* linkAt(netns, "eth0")).addresses, [`${address}/${prefix}`])
        assert.include(yield* routesAt(netns), `default via ${gateway} dev eth0`)
        assert.include(yield* routesAt("host"), `${subnet} dev ${bridge} proto kernel scope link src ${gateway}`)
        assert.strictEqual((yield* host.http(netns, web)).seen?.page, "internet")
      })
    )
  )

  it.effect("the one address of a /30 goes to one guest, and the next is refused without a trace", () =>
    Effect.gen(function* () {
      const first = yield* tap("vm1", { network: "lab" }, network("10.0.80.0/30"))
      assert.strictEqual(first.guest.address, "10.0.80.2/30")
      const error = yield* refusal({ network: "lab" }, network("10.0.80.0/30"))
      assertRefused(error, "ADDRESS_EXHAUSTED", 5, "10.0.80.0/30")
    })
  )

  it.effect.each([
    { what: "wider", route: "10.99.0.0/16 via 192.0.2.1", words: "the route to 10.99.0.0/16 on eth0" },
    { what: "narrower", route: "10.99.7.7/32 dev eth0", words: "the route to 10.99.7.7/32 on eth0" },
    { what: "leading nowhere", route: "blackhole 10.99.7.0/25", words: "the route to 10.99.7.0/25" }
  ])("a subnet that meets a route of the host ($what) is refused, naming the route", ({ route, words }) =>
    Effect.gen(function* () {
      yield* changing("host", `ip route add ${route}`, `ip route delete ${route}`)
      assertRefused(yield* refusal({ network: "lab" }, network("10.99.7.0/24")), "SUBNET_OVERLAP", 4, words)
    })
  )

  it.effect("a subnet that holds an address of the host is refused, naming the address", () =>
    Effect.gen(function* () {
      yield* changing("host", "ip address add 10.99.7.9/32 dev lo", "ip address delete 10.99.7.9/32 dev lo")
      const error = yield* refusal({ network: "lab" }, network("10.99.7.0/24"))
      assertRefused(error, "SUBNET_OVERLAP", 4, "address 10.99.7.9/32 of lo")
      const uplink = yield* refusal({ network: "lab" }, network("192.0.2.128/25"))
      assertRefused(uplink, "SUBNET_OVERLAP", 4, "address 192.0.2.10/24 of eth0")
    })
  )

  it.effect("a subnet that meets one of another live network is refused, and may be used once that one is down", () =>
    Effect.gen(function* () {
      const vmnet = yield* Vmnet
      yield* tap("vm1", { network: "lab" }, network("10.99.7.0/24"))
      const other = "networks: { other: { subnet: 10.99.0.0/16 } }"
      assertRefused(
        yield* refusal({ network: "other" }, other),
        "SUBNET_OVERLAP",
        4,
        "overlaps network lab (10.99.7.0/24)"
      )
      yield* vmnet.down("vm1")
      yield* tap("vm2", { network: "other" }, other)
    })
  )
})

shareHost({
  uplinks: [{ name: "eth0", address: "192.0.2.10/24", gateway: "192.0.2.1", extraAddresses: ["192.0.2.11/24"] }]
})("host ports", (it) => {
  it.effect.each([
    { bound: "0.0.0.0", protocol: "tcp", publish: "8080:80" },
    { bound: "127.0.0.1", protocol: "tcp", publish: "8070-8090:80" },
    { bound: "192.0.2.11", protocol: "udp", publish: "8080:80/udp" },
    { bound: "192.0.2.11", protocol: "tcp", publish: "192.0.2.11:8080:80" },
    { bound: "::", protocol: "tcp", publish: "192.0.2.10:8080:80" }
  ] as const)("publishing $publish is refused while a program has $protocol $bound:8080", (one) =>
    Effect.gen(function* () {
      const host = yield* PrivateHost
      yield* host.serve("host", { protocol: one.protocol, address: one.bound, port: 8080, page: "host" })
      const error = yield* refusal({ publish: [one.publish] })
      assertRefused(error, "PORT_IN_USE", 4, `host port 8080/${one.protocol} is in use by a program`)
    })
  )

  it.effect("a port that a program has on another address or protocol is published, and both are reached", () =>
    leavesNoTrace(
      Effect.gen(function* () {
        const host = yield* PrivateHost
        yield* host.serve("host", { address: "192.0.2.11", port: 8080, page: "host" })
        const guest = yield* container("vm1", { publish: ["192.0.2.10:8080:80", "8080:80/udp"] })
        yield* host.serve(guest.netns, { port: 80, page: "guest" })
        yield* host.serve(guest.netns, { port: 80, protocol: "udp", page: "guest" })
        assert.strictEqual((yield* host.http("lan", "http://192.0.2.10:8080/")).seen?.page, "guest")
        assert.strictEqual((yield* host.http("lan", "http://192.0.2.11:8080/")).seen?.page, "host")
        const datagram = { address: "192.0.2.11", port: 8080, message: "hi" }
        assert.strictEqual((yield* host.udp("lan", datagram)).seen?.page, "guest")
      })
    )
  )

  it.effect("publishing on an address that the host does not have is refused, and names those it has", () =>
    Effect.gen(function* () {
      const error = yield* refusal({ publish: ["192.0.2.99:8080:80"] })
      assertRefused(error, "BAD_INPUT", 2, "cannot publish on 192.0.2.99")
      assert.include(error.hint, "192.0.2.11")
    })
  )
})
