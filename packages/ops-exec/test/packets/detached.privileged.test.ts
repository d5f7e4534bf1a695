import { assert, layer } from "@effect/vitest"
import type { NatElement } from "@vmnet/core"
import { layerExec } from "@vmnet/ops-exec"
import { Effect } from "effect"
import { run } from "../support/programs.ts"
import { type Agent, makeAgent } from "./Agent.ts"
import {
  add,
  applyNat,
  hostAddress,
  install,
  internetAddress,
  makeGuest,
  makeHost,
  makePointToPoint,
  makeSegment,
  pointToPoint,
  published,
  remove
} from "./lab.ts"

const host = Effect.gen(function* () {
  const internet = yield* makeHost
  // Named: what a socket of all addresses answers is from the address nearest to the asker.
  yield* internet.serve("udp", 53, internetAddress)
  const here = yield* makeAgent("host", "/proc/self/ns/net")
  yield* here.serve("udp", 53)
  return { here, internet }
})

const detached = (device: string): NatElement => ({ _tag: "Detached", device })

/** One conversation of UDP: the same ports every time, so that the second is one that is established. */
const talk = (from: Agent, address: string, localPort: number, port = 53) => from.udp(address, port, { localPort })

/** What passes through a device in either direction, seen behind everything of ours. */
const counting = (device: string, family: "bridge" | "inet") =>
  Effect.gen(function* () {
    const chain = (name: string, hook: string, match: string) =>
      `chain ${name} { type filter hook ${hook} priority 400; ${match} "${device}" meta protocol ip counter; }\n`
    const chains = [chain("out", "postrouting", "oifname"), chain("in", "prerouting", "iifname")]
    run("nft", [`table ${family} watch {\n${chains.join("")}}\n`])
    yield* Effect.addFinalizer(() => Effect.sync(() => run("nft", ["delete", "table", family, "watch"])))
    return () => {
      const counts = run("nft", ["list", "table", family, "watch"]).matchAll(/counter packets (\d+)/g)
      const [out = -1, into = -1] = [...counts].map(([, packets]) => Number(packets))
      return { out, into }
    }
  })

layer(layerExec({ install }), { excludeTestServices: true })("a detached device", (it) => {
  it.effect("that is a port of a bridge: nothing comes or goes, whatever is established; its neighbours go on", () =>
    Effect.gen(function* () {
      const { here, internet } = yield* host
      yield* makeSegment("vmb1", "10.0.42.1")
      yield* applyNat(add({ _tag: "HostAccess", device: "vmb1" }))
      const one = yield* makeGuest({ name: "one", device: "vmb1", address: "10.0.42.2", mark: 1 })
      const two = yield* makeGuest({ name: "two", device: "vmb1", address: "10.0.42.3", mark: 2 })
      for (const guest of [one, two]) yield* guest.serve("udp", 53)
      yield* applyNat(published("udp", [8053, 53], "10.0.42.2", 3))
      const ways = [
        ["to the internet", () => talk(one, internetAddress, 4001), "internet sees 192.0.2.1"],
        ["to the host", () => talk(one, "10.0.42.1", 4002), "host sees 10.0.42.2"],
        ["to a sibling", () => talk(one, "10.0.42.3", 4003), "two sees 10.0.42.2"],
        ["from a sibling", () => talk(two, "10.0.42.2", 4004), "one sees 10.0.42.3"],
        ["from the host", () => talk(here, "10.0.42.2", 4005), "one sees 10.0.42.1"],
        ["from the internet", () => talk(internet, hostAddress, 4006, 8053), `one sees 192.0.2.254`]
      ] as const
      for (const [way, say, answer] of ways) assert.strictEqual(yield* say(), answer, way)
      const passed = yield* counting("pone", "bridge")
      yield* applyNat(add(detached("pone")))
      const before = passed()
      for (const [way, say] of ways) assert.isNull(yield* say(), way)
      assert.isNull(yield* talk(one, internetAddress, 5001), "a new one out")
      assert.isNull(yield* talk(internet, hostAddress, 5002, 8053), "a new one in")
      assert.deepStrictEqual(passed(), before)
      assert.strictEqual(yield* talk(two, internetAddress, 4001), "internet sees 192.0.2.1")
      assert.strictEqual(yield* talk(here, "10.0.42.3", 4007), "two sees 10.0.42.1")
      // That nothing was counted is not for want of counting.
      yield* applyNat(remove(detached("pone")))
      for (const [way, say, answer] of ways) assert.strictEqual(yield* say(), answer, way)
      assert.isAbove(passed().out, before.out)
      assert.isAbove(passed().into, before.into)
    })
  )

  it.effect("that is a guest's own: nothing comes or goes, whatever is established", () =>
    Effect.gen(function* () {
      const { here, internet } = yield* host
      const { device } = pointToPoint
      const netns = yield* makePointToPoint({ isolated: true })
      yield* applyNat(add({ _tag: "HostAccess", device }))
      const guest = yield* makeAgent("guest", netns.path)
      yield* guest.serve("udp", 53)
      yield* applyNat(published("udp", [8053, 53], "10.0.50.2", 10))
      const ways = [
        ["to the internet", () => talk(guest, internetAddress, 4101), "internet sees 192.0.2.1"],
        ["to the host", () => talk(guest, "10.0.50.1", 4102), "host sees 10.0.50.2"],
        ["from the host", () => talk(here, "10.0.50.2", 4105), "guest sees 10.0.50.1"],
        ["from the internet", () => talk(internet, hostAddress, 4106, 8053), "guest sees 192.0.2.254"]
      ] as const
      for (const [way, say, answer] of ways) assert.strictEqual(yield* say(), answer, way)
      yield* applyNat(add(detached(device)))
      const passed = yield* counting(device, "inet")
      for (const [way, say] of ways) assert.isNull(yield* say(), way)
      assert.isNull(yield* talk(guest, internetAddress, 5101), "a new one out")
      assert.isNull(yield* talk(here, "10.0.50.2", 5102), "a new one in")
      assert.deepStrictEqual(passed(), { out: 0, into: 0 })
      yield* applyNat(remove(detached(device)))
      for (const [way, say, answer] of ways) assert.strictEqual(yield* say(), answer, way)
      assert.isAbove(passed().out, 0)
      assert.isAbove(passed().into, 0)
    })
  )
})
