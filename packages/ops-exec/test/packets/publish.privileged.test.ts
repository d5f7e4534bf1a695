import { assert, layer } from "@effect/vitest"
import type { NatElement } from "@vmnet/core"
import { layerExec } from "@vmnet/ops-exec"
import { Context, Effect, Layer } from "effect"
import { type Agent, makeAgent } from "./Agent.ts"
import {
  add,
  applyNat,
  hostAddress,
  install,
  internetAddress,
  makeGuest,
  makeInternet,
  makeSegment,
  neighbourAddress,
  remove,
  setConf,
  setSysctl
} from "./lab.ts"

class Hosts extends Context.Service<
  Hosts,
  { readonly internet: Agent; readonly host: Agent; readonly web: Agent; readonly other: Agent }
>()("test/Hosts") {}

const publish = (over: Partial<Extract<NatElement, { _tag: "Publish" }>>): NatElement => {
  const base = { protocol: "tcp", hostAddress: null, hostPort: 8080, count: 1 } as const
  return { _tag: "Publish", ...base, guestAddress: "10.0.42.2", guestPort: 80, mark: 0x101, ...over }
}

/** Whether frames that merely cross a bridge pass the IP hooks too; some hosts have it on, some off, some not at all. */
const bridgeNetfilter = (value: string) => setSysctl(["bridge", "bridge-nf-call-iptables"], value)

/** One segment with two guests; `web` serves 80/tcp, 80/udp and is published in several ways. */
const hosts = Layer.effect(
  Hosts,
  Effect.gen(function* () {
    yield* applyNat({ _tag: "AddLayout" })
    const internet = yield* makeInternet
    yield* makeSegment("vmb1", "10.0.42.1")
    yield* setConf("vmb1", "route_localnet", "1")
    const web = yield* makeGuest({ name: "web", device: "vmb1", address: "10.0.42.2", mark: 0x11 })
    const other = yield* makeGuest({ name: "other", device: "vmb1", address: "10.0.42.3", mark: 0x12 })
    const host = yield* makeAgent("host", "/proc/self/ns/net")
    for (const protocol of ["tcp", "udp"] as const) yield* web.serve(protocol, 80)
    yield* internet.serve("tcp", 8080, internetAddress)
    yield* applyNat(
      add(publish({})),
      add(publish({ protocol: "udp", mark: 0x102 })),
      add(publish({ hostAddress, hostPort: 8443, mark: 0x103 })),
      add(publish({ hostAddress: "127.0.0.1", hostPort: 9000, mark: 0x104 }))
    )
    return Hosts.of({ internet, host, web, other })
  })
).pipe(Layer.provideMerge(layerExec({ install })))

layer(hosts, { excludeTestServices: true, timeout: 60_000 })("published ports", (it) => {
  it.effect("answer on every address of the host, from outside and from the host itself, loopback included", () =>
    Effect.gen(function* () {
      const { host, internet } = yield* Hosts
      assert.strictEqual(yield* internet.tcp(hostAddress, 8080), `web sees ${neighbourAddress}`)
      assert.strictEqual(yield* host.tcp(hostAddress, 8080), "web sees 192.0.2.1")
      assert.strictEqual(yield* host.tcp("127.0.0.1", 8080), "web sees 10.0.42.1")
      assert.strictEqual(yield* internet.udp(hostAddress, 8080), `web sees ${neighbourAddress}`)
    })
  )

  it.effect("answer on the one address they name, and on no other", () =>
    Effect.gen(function* () {
      const { host, internet } = yield* Hosts
      assert.strictEqual(yield* internet.tcp(hostAddress, 8443), `web sees ${neighbourAddress}`)
      assert.isNull(yield* host.tcp("127.0.0.1", 8443))
      assert.strictEqual(yield* host.tcp("127.0.0.1", 9000), "web sees 10.0.42.1")
      assert.isNull(yield* internet.tcp(hostAddress, 9000))
    })
  )

  it.effect("answer the guests of the segment, with br_netfilter or without", () =>
    Effect.gen(function* () {
      const { other } = yield* Hosts
      for (const bridged of ["1", "0"]) {
        yield* bridgeNetfilter(bridged)
        assert.match((yield* other.tcp(hostAddress, 8080)) ?? "nobody", /^web sees/)
      }
    })
  )

  it.effect("answer the guest that serves them itself (hairpin)", () =>
    Effect.gen(function* () {
      const { web } = yield* Hosts
      // With br_netfilter the kernel bridges such a frame back to its own port, where no bridge delivers it.
      yield* bridgeNetfilter("0")
      assert.strictEqual(yield* web.tcp(hostAddress, 8080), "web sees 10.0.42.1")
    })
  )

  it.effect("do not take another guest's traffic to the same port of an external host", () =>
    Effect.gen(function* () {
      const { other } = yield* Hosts
      assert.strictEqual(yield* other.tcp(internetAddress, 8080), `internet sees ${hostAddress}`)
    })
  )

  it.effect("end for running UDP flows with their element, and only theirs", () =>
    Effect.gen(function* () {
      const { host, internet } = yield* Hosts
      const flow = { localPort: 40_001 }
      const before = publish({ protocol: "udp", hostPort: 5000, mark: 0x201 })
      const neighbour = publish({ protocol: "udp", hostPort: 5001, mark: 0x202 })
      yield* applyNat(add(before), add(neighbour))
      assert.isNotNull(yield* internet.udp(hostAddress, 5000, flow))
      assert.isNotNull(yield* internet.udp(hostAddress, 5001, { localPort: 40_002 }))
      assert.isNotNull(yield* host.udp(hostAddress, 5000, flow))
      yield* applyNat(remove(before))
      assert.isNull(yield* internet.udp(hostAddress, 5000, flow))
      assert.isNull(yield* host.udp(hostAddress, 5000, flow), "the host's own flows too")
      assert.isNotNull(yield* internet.udp(hostAddress, 5001, { localPort: 40_002 }))
      yield* applyNat(remove(neighbour))
    })
  )

  it.effect("cover a range, each port its own", () =>
    Effect.gen(function* () {
      const { internet, other } = yield* Hosts
      for (const port of [700, 701, 702]) yield* other.serve("tcp", port)
      const range = publish({ hostPort: 7000, count: 2, guestAddress: "10.0.42.3", guestPort: 700, mark: 0x301 })
      yield* applyNat(add(range))
      assert.isNotNull(yield* internet.tcp(hostAddress, 7000))
      assert.isNotNull(yield* internet.tcp(hostAddress, 7001))
      assert.isNull(yield* internet.tcp(hostAddress, 7002))
      yield* applyNat(remove(range))
      assert.isNull(yield* internet.tcp(hostAddress, 7000))
    })
  )
})
