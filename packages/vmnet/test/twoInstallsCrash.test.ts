import { assert, describe, it } from "@effect/vitest"
import { Vmnet } from "@vmnet/core"
import { type Call, everyFault, type Fault, type FaultRun, forEachFault, type KernelSnapshot } from "@vmnet/testkit"
import { Effect } from "effect"
import { layerFaultyInstall, layerInstall, request, type World, world } from "./support/world.ts"

const [one, two] = ["aaaaaaaa", "bbbbbbbb"] as const

const configOf = (install: string) => `networks: { n: { backend: tap, subnet: 10.${install === one ? 8 : 9}.0.0/24 } }`
const asked = (install: string) => request("vm1", { network: "n", config: configOf(install) })

interface Started extends World {
  readonly before: KernelSnapshot
}

const up = (made: World, install: string) =>
  Effect.provide(
    Vmnet.use((vmnet) => vmnet.up(asked(install))),
    layerInstall(made, install)
  )

const down = (made: World, install: string) =>
  Effect.provide(
    Vmnet.use((vmnet) => vmnet.down("vm1")),
    layerInstall(made, install)
  )

const started = (installs: ReadonlyArray<string>) =>
  Effect.gen(function* () {
    const made = yield* world
    const before = made.kernel.snapshot()
    for (const install of installs) yield* up(made, install)
    return { ...made, before } satisfies Started
  })

const forwards = ({ kernel }: World) => kernel.snapshot()["host"]!.forwarding["all"]

/** Whatever became of the second install's verb, the first one's VM has its packets until it goes. */
const heldToTheEnd =
  (order: ReadonlyArray<string>) =>
  ({ exit, world: made, words }: FaultRun<Started, unknown, unknown>) =>
    Effect.gen(function* () {
      if (exit === null) made.kernel.host.restartSelf()
      assert.strictEqual(forwards(made), "1", words)
      const [first, last] = order
      yield* down(made, first!)
      if (last === one) assert.strictEqual(forwards(made), "1", words)
      yield* down(made, last!)
      assert.deepStrictEqual(made.kernel.snapshot(), made.before, words)
    })

/** Deaths about what the two share; the rest of a verb, and other ends, are the business of other tests. */
const deaths = (call: Call): ReadonlyArray<Fault> =>
  /sysctl/i.test(call.words) ? everyFault(call).filter(({ _tag }) => _tag === "Crash") : []

const patience = 90_000

const orders = [
  [one, two],
  [two, one]
]

describe("two installs, one of which dies at any step", () => {
  it.live.each(orders.map((order) => ({ order, first: order[0] })))(
    "of up, with $first down first",
    ({ order }) =>
      forEachFault({
        world: started([one]),
        services: (made) => layerFaultyInstall(made, two),
        run: () => Vmnet.use((vmnet) => vmnet.up(asked(two))),
        faults: deaths,
        check: heldToTheEnd(order)
      }),
    patience
  )

  it.live.each(orders.map((order) => ({ order, first: order[0] })))(
    "of down, with $first down first",
    ({ order }) =>
      forEachFault({
        world: started([one, two]),
        services: (made) => layerFaultyInstall(made, two),
        run: () => Vmnet.use((vmnet) => vmnet.down("vm1")),
        faults: deaths,
        check: heldToTheEnd(order)
      }),
    patience
  )
})
