import { assert, describe, it } from "@effect/vitest"
import { bridgeBackend } from "@vmnet/backend-bridge"
import { type AttachRequest, Backends, type DownResult, layerVmnet, Vmnet, type VmnetError } from "@vmnet/core"
import { type FaultRun, forEachFault, type Scenario } from "@vmnet/testkit"
import { Context, Effect, Layer } from "effect"
import { layerFaultyMachine } from "../support/faultyMachine.ts"
import { layerMachine } from "../support/host.ts"
import { request } from "../support/memoryHost.ts"
import { assertPicture, assertTelling, netnsPath, restart, succeeded, type World, worldWith } from "./world.ts"

const other = request("other", { publish: ["9090:80"] })

type Services = Layer.Success<ReturnType<typeof layerFaultyMachine>>
type Run = FaultRun<World, DownResult, VmnetError>
type DownScenario = Scenario<World, DownResult, VmnetError, Services>

/** A service of its own, whose scope ends with the answer: what goes on behind that belongs to the run. */
const downAndClose = Effect.scoped(
  Effect.gen(function* () {
    const service = yield* Layer.build(Layer.fresh(layerVmnet))
    return yield* Context.get(service, Vmnet).down("vm1", { wait: false })
  })
).pipe(Effect.provide(Backends.layerOf([bridgeBackend])))

const vm1 = (flags: Parameters<typeof request>[1] = {}, config?: string): AttachRequest =>
  request("vm1", { publish: ["8080-8081:80", "127.0.0.1:53:53/udp"], ...flags }, config)

/** Gone when all went well; else `down` or `gc` finishes. The VM comes up again, and those that were there are untouched. */
const goneInTheEnd =
  (asked: AttachRequest, others: ReadonlyArray<AttachRequest>, finish: "down" | "gc") => (run: Run) =>
    Effect.gen(function* () {
      const { injections, world } = run
      const vmnet = yield* Vmnet
      assertTelling(run)
      restart(run)
      if (succeeded(run) && injections.length === 0) yield* assertPicture(world, world.beforeLast, "left by the rest")
      if (!succeeded(run) || finish === "down") yield* vmnet.down("vm1")
      else assert.deepStrictEqual((yield* vmnet.gc({ dryRun: false })).problems, [])
      yield* assertPicture(world, world.beforeLast, "left behind")
      assert.isFalse((yield* vmnet.up(asked)).existing)
      for (const { vm } of [asked, ...others]) yield* vmnet.down(vm)
      yield* assertPicture(world, world.empty, "left behind in the end")
    })

const scenario = (
  asked: AttachRequest,
  others: ReadonlyArray<AttachRequest> = [],
  finish: "down" | "gc" = "down"
): DownScenario => ({
  world: worldWith([...others, asked]),
  services: layerFaultyMachine,
  run: () => downAndClose,
  check: goneInTheEnd(asked, others, finish)
})

const cases: ReadonlyArray<readonly [string, DownScenario]> = [
  ["when it is the last", scenario(vm1())],
  ["when another stays up on its network", scenario(vm1(), [other])],
  ["when its end is in a namespace", scenario(vm1({ netns: netnsPath }), [other])],
  ["when gc is what finishes it", scenario(vm1(), [other], "gc")]
]

describe("whatever goes wrong behind the answer of a `down` that does not wait", () => {
  for (const [name, one] of cases) {
    it.live(
      name,
      () =>
        Effect.gen(function* () {
          const { calls } = yield* forEachFault(one)
          const words = calls.map((call) => call.words)
          assert.isTrue(words.some((call) => call.includes("detached")))
        }),
      120_000
    )
  }

  it.live("the answer comes before the first deletion, once it is on record and the VM is cut off", () =>
    Effect.gen(function* () {
      const world = yield* worldWith([vm1()])
      yield* Effect.gen(function* () {
        const vmnet = yield* Vmnet
        const before = world.kernel.snapshot()
        assert.deepStrictEqual(yield* vmnet.down("vm1", { wait: false }), { vm: "vm1", outcome: "releasing" })
        const host = world.kernel.snapshot()["host"]
        assert.deepStrictEqual(host?.links, before["host"]?.links)
        assert.include(host?.nat.elements.map(({ element }) => element._tag) ?? [], "Detached")
        assert.strictEqual((yield* vmnet.show("vm1")).attachment.state, "releasing")
        assert.isFalse((yield* vmnet.up(vm1())).existing, "waits for its name")
        assert.deepStrictEqual(yield* vmnet.down("vm1"), { vm: "vm1", outcome: "removed" })
        assert.deepStrictEqual(yield* vmnet.down("vm1", { wait: false }), { vm: "vm1", outcome: "absent" })
      }).pipe(Effect.provide(layerMachine(world)))
    }).pipe(Effect.scoped)
  )
})
