import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import { drift, left, onPrivateHost, repair, sh, vmnetOf } from "./realHost.ts"

const inside = "ip -n box"

/** What was done in there, and what `check` must tell of. */
const cases = [
  [`${inside} route del default`, "Route missing"],
  [`${inside} addr flush dev eth0`, "Address missing"],
  [`${inside} link set eth0 down`, "Veth altered"],
  [`${inside} link set eth0 mtu 1400`, "Veth altered"]
] as const

describe("on the real kernel, in a container's namespace", () => {
  it.live("what was taken out of it is told of and put back", () =>
    onPrivateHost(
      Effect.gen(function* () {
        yield* sh("ip netns add box")
        const vmnet = yield* vmnetOf()
        const asked = { vm: "vm1", backend: "bridge", netns: "/run/netns/box" } as const
        const vm = yield* Effect.promise(() => vmnet.up(asked))
        for (const [damage, tells] of cases) {
          yield* sh(damage)
          const told = (yield* drift(vmnet)).map((one) => `${one.kind} ${one.drift}`)
          assert.include(told, tells, damage)
          assert.deepStrictEqual(left(yield* repair(vmnet)), [], damage)
          assert.deepStrictEqual(yield* drift(vmnet), [], damage)
          assert.include(yield* sh(`${inside} addr show dev eth0`), vm.guest.address)
          assert.include(yield* sh(`${inside} route`), `default via ${vm.guest.gateway}`)
        }
        yield* Effect.promise(() => vmnet.down("vm1"))
        yield* sh("ip netns del box")
      }).pipe(Effect.scoped)
    )
  )

  it.live("a container whose namespace lost its name keeps its network", () =>
    onPrivateHost(
      Effect.gen(function* () {
        yield* sh("ip netns add box")
        const vmnet = yield* vmnetOf()
        yield* Effect.promise(() => vmnet.up({ vm: "vm1", backend: "bridge", netns: "/run/netns/box" }))
        // Another name, as a process in it would keep it alive.
        yield* sh("touch /run/netns/other")
        yield* sh("mount --bind /run/netns/box /run/netns/other")
        yield* sh("ip netns del box")
        assert.deepStrictEqual([yield* drift(vmnet), yield* repair(vmnet)], [[], []])
        assert.include(yield* sh("ip -n other route"), "default via")
        yield* Effect.promise(() => vmnet.down("vm1"))
        yield* sh("ip netns del other")
      }).pipe(Effect.scoped)
    )
  )
})
