import { assert, describe, it } from "@effect/vitest"
import { hostNetns, type Netns, type Resource } from "@vmnet/core"
import { Effect, Fiber } from "effect"
import { teardown } from "../../src/plan/teardown.ts"
import type { OwnedResource } from "../../src/ledger/ResourceRow.ts"
import { resourceName } from "../../src/resource/identity.ts"
import { fakeDrivers, fakeWorld, type FakeWorld, ownedOf } from "./fakeDrivers.ts"

const box: Netns = { _tag: "Path", path: "/run/netns/box" }

const tap = (link: string): Resource => ({ kind: "Tap", netns: hostNetns, link, mtu: 1500 })
const segment = (device: string): Resource => ({
  kind: "NatElement",
  netns: hostNetns,
  element: { _tag: "Segment", device, isolated: false }
})
const address = (link: string, netns = hostNetns): Resource => ({
  kind: "Address",
  netns,
  link,
  address: "10.0.0.1/24"
})
const forwarding = (device: string, link?: string): Resource => ({
  kind: "Sysctl",
  netns: hostNetns,
  key: ["net", "ipv4", "conf", device, "forwarding"],
  value: "1",
  ...(link === undefined ? {} : { link })
})
const veth: Resource = {
  kind: "Veth",
  netns: hostNetns,
  link: "v0",
  mtu: 1500,
  peer: { netns: box, link: "eth0", mac: "02:fc:00:00:00:01" }
}

const worldOf = (owned: ReadonlyArray<OwnedResource>): FakeWorld => {
  const world = fakeWorld()
  for (const { resource } of owned) world.presence.set(resourceName(resource), "ours")
  return world
}

const names = (owned: ReadonlyArray<OwnedResource>): ReadonlyArray<string> =>
  owned.map(({ resource }) => resourceName(resource))

describe("teardown", () => {
  it.effect("takes away last what was made first, neighbours of one kind in one call", () =>
    Effect.gen(function* () {
      const owned = ownedOf([segment("a"), segment("b"), tap("t1"), tap("t2"), segment("c")])
      const world = worldOf(owned)
      const report = yield* teardown(fakeDrivers(world), "vm1", owned)
      const removals = world.calls.filter((call) => call.startsWith("remove"))
      assert.deepStrictEqual(removals, ["remove segment c", "remove t2 t1", "remove segment b segment a"])
      assert.sameMembers([...names(report.gone)], [...names(owned)])
      assert.deepStrictEqual([report.foreign, report.left, report.problems], [[], [], []])
    })
  )

  it.effect("does not touch what goes with a link, at either end of a veth, and counts it as gone", () =>
    Effect.gen(function* () {
      const owned = ownedOf([
        tap("t1"),
        address("t1"),
        forwarding("t1", "t1"),
        veth,
        address("eth0", box),
        address("eth0")
      ])
      const world = worldOf(owned)
      const report = yield* teardown(fakeDrivers(world), "vm1", owned)
      const removals = world.calls.filter((call) => call.startsWith("remove"))
      assert.deepStrictEqual(removals, ["remove 10.0.0.1/24 on eth0 v0 t1"])
      assert.strictEqual(report.gone.length, owned.length)
    })
  )

  it.effect("leaves alone what is not ours, and an untagged thing unless its making was never confirmed", () =>
    Effect.gen(function* () {
      const [a, b, c, d] = ownedOf([tap("foreign"), tap("untagged"), tap("intent"), tap("absent")])
      const owned = [a!, b!, { ...c!, state: "intent" as const }, d!]
      const world = fakeWorld()
      world.presence.set("foreign", "foreign").set("untagged", "untagged").set("intent", "untagged")
      const report = yield* teardown(fakeDrivers(world), "vm1", owned)
      assert.deepStrictEqual(names(report.foreign).toSorted(), ["foreign", "untagged"])
      assert.deepStrictEqual(names(report.gone).toSorted(), ["absent", "intent"])
      assert.deepStrictEqual([...world.presence.keys()].toSorted(), ["foreign", "untagged"])
      assert.deepStrictEqual(report.problems, [])
    })
  )

  it.live("tries each on its own when a batch fails, so that one stubborn thing keeps no other", () =>
    Effect.gen(function* () {
      const owned = ownedOf([segment("a"), tap("t1"), tap("stubborn"), tap("t2")])
      const world = worldOf(owned)
      world.refuses = (batch) => batch.includes("stubborn")
      const report = yield* teardown(fakeDrivers(world), "vm1", owned)
      assert.deepStrictEqual([...world.presence.keys()], ["stubborn"])
      assert.deepStrictEqual(names(report.left), ["stubborn"])
      assert.deepStrictEqual(report.problems, ["delete tap stubborn: remove stubborn failed (Busy): stubborn"])
      assert.deepStrictEqual(names(report.gone).toSorted(), ["segment a", "t1", "t2"])
    })
  )

  it.live("waits a moment for what is busy", () =>
    Effect.gen(function* () {
      const owned = ownedOf([tap("t1")])
      const world = worldOf(owned)
      let refusals = 0
      world.refuses = () => ++refusals <= 3
      const report = yield* teardown(fakeDrivers(world), "vm1", owned)
      assert.deepStrictEqual([names(report.gone), report.problems, refusals], [["t1"], [], 4])
    })
  )

  it.effect("looks again before it says that something is left: a failed removal may have worked", () =>
    Effect.gen(function* () {
      const owned = ownedOf([tap("t1")])
      const world = worldOf(owned)
      world.refuses = () => {
        world.presence.clear()
        return true
      }
      const report = yield* teardown(fakeDrivers(world), "vm1", owned)
      assert.deepStrictEqual([names(report.gone), report.problems], [["t1"], []])
    })
  )

  it.effect("tells the second attempt that it is one", () =>
    Effect.gen(function* () {
      const owned = ownedOf([tap("t1"), tap("t2")])
      const world = worldOf(owned)
      const attempts: Array<boolean> = []
      world.refuses = (_, again) => {
        attempts.push(again)
        return !again
      }
      const report = yield* teardown(fakeDrivers(world), "vm1", owned)
      assert.deepStrictEqual(attempts, [false, true, true])
      assert.strictEqual(report.gone.length, 2)
    })
  )

  it.effect("comes to its end when it is interrupted", () =>
    Effect.gen(function* () {
      const owned = ownedOf([segment("a"), tap("t1"), segment("b")])
      const world = worldOf(owned)
      const drivers = fakeDrivers(world)
      const slow = {
        ...drivers,
        link: {
          ...drivers.link,
          find: (all: Parameters<typeof drivers.link.find>[0]) =>
            Effect.andThen(Effect.yieldNow, drivers.link.find(all))
        }
      }
      const fiber = yield* Effect.forkChild(teardown(slow, "vm1", owned))
      yield* Effect.yieldNow
      yield* Fiber.interrupt(fiber)
      assert.deepStrictEqual([...world.presence.keys()], [])
    })
  )
})
