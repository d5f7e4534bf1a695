import { assert, layer } from "@effect/vitest"
import { LinkOps } from "@vmnet/core"
import { layerExec } from "@vmnet/ops-exec"
import { Effect } from "effect"
import { inside, ip, run } from "../support/programs.ts"
import { makeAgent } from "./Agent.ts"
import {
  add,
  applyNat,
  install,
  internetAddress,
  makeHost,
  makePointToPoint,
  pointToPoint,
  setConf,
  setSysctl
} from "./lab.ts"

const { device, mac: hostMac } = pointToPoint

/** Counts what comes from the device: before the layout judges it, when it leaves the host, and when it is for the host. */
const watch = (): void => {
  const count = (name: string, hook: string, priority: number, match: string) =>
    `chain ${name} { type filter hook ${hook} priority ${priority}; iifname "${device}" ${match} counter; }`
  const chains = [
    count("came", "prerouting", -400, ""),
    count("left", "postrouting", 300, 'oifname "up0"'),
    count("arrived", "input", 300, "")
  ]
  run("nft", [`table inet watch {\n${chains.join("\n")}\n}`])
}

const during = (act: Effect.Effect<unknown>) =>
  Effect.gen(function* () {
    const count = () => [...run("nft", ["list", "table", "inet", "watch"]).matchAll(/counter packets (\d+)/g)]
    const before = count()
    yield* act
    const [came = 0, left = 0, arrived = 0] = count().map(([, now], at) => Number(now) - Number(before[at]?.[1]))
    return { came, passed: left + arrived }
  })

const lab = Effect.gen(function* () {
  const internet = yield* makeHost
  yield* internet.serve("tcp", 80)
  const netns = yield* makePointToPoint({ isolated: false })
  watch()
  yield* Effect.addFinalizer(() => Effect.sync(() => run("nft", ["delete", "table", "inet", "watch"])))
  const inGuest = (...args: ReadonlyArray<string>) => inside(netns.path, "ip", ...args)
  return { agent: yield* makeAgent("guest", netns.path), inGuest, netns }
})

layer(layerExec({ install }), { excludeTestServices: true })("a point-to-point guest", (it) => {
  it.effect("gets out with its own address, and with no other", () =>
    Effect.gen(function* () {
      const { agent, inGuest } = yield* lab
      assert.strictEqual(yield* agent.tcp(internetAddress, 80), "internet sees 192.0.2.1")
      yield* applyNat(add({ _tag: "HostAccess", device }))
      yield* setConf(device, "rp_filter", "0")
      inGuest("address", "add", "192.0.2.77/32", "dev", "eth0")
      const honest = yield* during(agent.udp(internetAddress, 9))
      assert.isAbove(honest.passed, 0)
      const spoofed = yield* during(agent.udp(internetAddress, 9, { source: "192.0.2.77" }))
      assert.isAbove(spoofed.came, 0)
      assert.strictEqual(spoofed.passed, 0)
    })
  )

  it.effect("never speaks to the host from a loopback address, even trusted and with route_localnet", () =>
    Effect.gen(function* () {
      const { agent, inGuest, netns } = yield* lab
      yield* applyNat(add({ _tag: "HostAccess", device }))
      yield* setConf(device, "route_localnet", "1")
      yield* setConf(device, "rp_filter", "0")
      yield* LinkOps.use((links) => links.apply(netns, [{ _tag: "SetUp", link: "lo" }]))
      yield* setConf("eth0", "route_localnet", "1", netns)
      inGuest("address", "add", "127.0.0.9/32", "dev", "eth0")
      assert.isAbove((yield* during(agent.udp("10.0.50.1", 9))).passed, 0)
      const spoofed = yield* during(agent.udp("10.0.50.1", 9, { source: "127.0.0.9" }))
      assert.isAbove(spoofed.came, 0)
      assert.strictEqual(spoofed.passed, 0)
    })
  )

  it.effect("gets no IPv6 through a host that forwards it", () =>
    Effect.gen(function* () {
      const { inGuest, netns } = yield* lab
      yield* setSysctl(["ipv6", "conf", "all", "forwarding"], "1")
      for (const [link, address] of [
        [device, "fd00:50::1/64"],
        ["up0", "fd00:51::1/64"]
      ] as const) {
        ip("address", "add", address, "dev", link, "nodad")
      }
      ip("neighbour", "add", "fd00:51::2", "lladdr", "02:00:00:00:00:51", "dev", "up0")
      inGuest("address", "add", "fd00:50::2/64", "dev", "eth0", "nodad")
      // Known by heart: neighbour discovery is not let through either.
      inGuest("neighbour", "add", "fd00:50::1", "lladdr", hostMac, "dev", "eth0")
      inGuest("route", "add", "fd00:51::/64", "via", "fd00:50::1")
      const ping = Effect.sync(() => {
        try {
          inside(netns.path, "busybox", "ping", "-6", "-c", "1", "-W", "1", "fd00:51::2")
        } catch {
          // Nobody answers; what leaves the host counts.
        }
      })
      const { came, passed } = yield* during(ping)
      assert.isAbove(came, 0)
      assert.strictEqual(passed, 0)
    })
  )
})
