import { assert, describe, it } from "@effect/vitest"
import { type Attachment, Progress, Vmnet } from "@vmnet/core"
import { Effect } from "effect"
import { TestClock } from "effect/testing"
import { layerInstall, request, type World, world } from "./support/world.ts"

/** Networks with two addresses to give, which cool down no longer than they have to. */
const cases = [
  {
    title: "bridge",
    config: "networks: { n: { backend: bridge, subnet: 10.0.42.0/29, exclude: [10.0.42.4/30], cooldown: 0 } }"
  },
  {
    title: "netns",
    config: "networks: { n: { backend: netns, subnet: 10.21.0.0/30, links: 10.22.0.0/29, cooldown: 0 } }"
  },
  {
    title: "tap",
    config: "networks: { n: { backend: tap, subnet: 10.9.0.0/29, exclude: [10.9.0.4/30], cooldown: 0 } }"
  }
] as const

const roomy = {
  bridge: "networks: { n: { backend: bridge, addressing: lowest, cooldown: 0 } }",
  netns: "networks: { n: { backend: netns, cooldown: 0 } }",
  tap: "networks: { n: { backend: tap, cooldown: 0 } }"
} as const

const on = (install: World) => Effect.provide(layerInstall(install))

const placeOf = ({ host, device }: Attachment) => [host.address, device.netns]

describe("what a VM had, taken down while its owner runs", () => {
  it.effect.each(cases)("is nobody else's as long as he does, were it the last there is ($title)", ({ config }) =>
    Effect.gen(function* () {
      const made = yield* world
      const owner = made.kernel.host.startProcess()
      yield* Effect.gen(function* () {
        const vmnet = yield* Vmnet
        const asked = request("old", { network: "n", config, owner })
        const old = yield* vmnet.up(asked)
        yield* vmnet.down("old")
        yield* vmnet.up(request("other", { network: "n", config }))
        const before = made.kernel.snapshot()
        yield* TestClock.adjust("30 days")
        const error = yield* Effect.flip(vmnet.up(request("new", { network: "n", config })))
        assert.deepStrictEqual([error.code, error.exitCode], ["ADDRESS_EXHAUSTED", 5])
        assert.include(error.message, `process ${owner.pid} of old`)
        assert.deepStrictEqual(made.kernel.snapshot(), before)
        // The same VM has it at once, and gives it back.
        assert.deepStrictEqual(placeOf((yield* vmnet.up(asked)).attachment), placeOf(old.attachment))
        yield* vmnet.down("old")
        made.kernel.host.endProcess(owner.pid)
        const next = yield* vmnet.up(request("new", { network: "n", config }))
        assert.deepStrictEqual(placeOf(next.attachment), placeOf(old.attachment))
      }).pipe(on(made))
    })
  )

  it.effect.each(["bridge", "netns", "tap"] as const)(
    "is passed over where there is more, and had again after him (%s)",
    (kind) =>
      Effect.gen(function* () {
        const made = yield* world
        const config = roomy[kind]
        const owner = made.kernel.host.startProcess()
        yield* Effect.gen(function* () {
          const vmnet = yield* Vmnet
          const old = yield* vmnet.up(request("old", { network: "n", config, owner }))
          yield* vmnet.down("old")
          const second = yield* vmnet.up(request("second", { network: "n", config }))
          assert.notDeepEqual(placeOf(second.attachment), placeOf(old.attachment))
          made.kernel.host.endProcess(owner.pid)
          yield* TestClock.adjust("1 minute")
          const third = yield* vmnet.up(request("third", { network: "n", config }))
          assert.deepStrictEqual(placeOf(third.attachment), placeOf(old.attachment))
        }).pipe(on(made))
      })
  )

  it.effect.each(cases)("stays his when the same VM asks for it again and does not come up ($title)", ({ config }) =>
    Effect.gen(function* () {
      const made = yield* world
      const owner = made.kernel.host.startProcess()
      yield* Effect.gen(function* () {
        const vmnet = yield* Vmnet
        yield* vmnet.up(request("old", { network: "n", config, owner }))
        yield* vmnet.down("old")
        const before = made.kernel.snapshot()
        const onceReserved = ({ step }: { readonly step: string }) =>
          Effect.sync(() => step === "reserve" && made.kernel.host.setMissingCapabilities(["CAP_NET_ADMIN"]))
        yield* Effect.flip(
          Effect.provideService(vmnet.up(request("old", { network: "n", config })), Progress, onceReserved)
        )
        made.kernel.host.setMissingCapabilities([])
        assert.deepStrictEqual(made.kernel.snapshot(), before)
        yield* vmnet.up(request("other", { network: "n", config }))
        yield* TestClock.adjust("30 days")
        const error = yield* Effect.flip(vmnet.up(request("new", { network: "n", config })))
        assert.include(error.message, `process ${owner.pid} of old`)
        // Once it has come up it is for whoever it is up for, and that is nobody.
        yield* vmnet.up(request("old", { network: "n", config }))
        yield* vmnet.down("old")
        yield* vmnet.up(request("new", { network: "n", config }))
      }).pipe(on(made))
    })
  )

  it.effect("is no device of the pool any more", () =>
    Effect.gen(function* () {
      const made = yield* world
      const config = "networks: { n: { backend: tap, pool: { warm: 1 }, cooldown: 0 } }"
      const owner = made.kernel.host.startProcess()
      yield* Effect.gen(function* () {
        const vmnet = yield* Vmnet
        const asked = request("old", { network: "n", config, owner })
        yield* vmnet.warm(asked.network)
        const old = yield* vmnet.up(asked)
        // He has not opened it yet, or not this time.
        yield* vmnet.down("old")
        assert.deepStrictEqual((yield* vmnet.warm(asked.network)).made, 1)
        const next = yield* vmnet.up(request("new", { network: "n", config }))
        assert.notStrictEqual(next.attachment.device.name, old.attachment.device.name)
      }).pipe(on(made))
    })
  )
})
