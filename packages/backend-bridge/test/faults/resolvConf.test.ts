import { assert, describe, it } from "@effect/vitest"
import { type DownResult, type Ledger, type ResolvConfResult, Vmnet, type VmnetError } from "@vmnet/core"
import { type Call, everyFault, type Fault, type FaultRun, forEachFault, type Scenario } from "@vmnet/testkit"
import { Effect } from "effect"
import { layerFaultyMachine } from "../support/faultyMachine.ts"
import { layerMachine } from "../support/host.ts"
import { request } from "../support/memoryHost.ts"
import { assertSame } from "@vmnet/testkit/conformance"
import { assertPicture, assertTelling, restart, succeeded, type World, worldWith } from "./world.ts"

const vms = [request("other"), request("vm1")]

const mountsOf = ({ kernel }: World) => kernel.rootfs.view()

/** A rootfs without a resolver file: the one that takes most to leave as it was. */
const world = Effect.tap(worldWith(vms), (made) =>
  Effect.sync(() => made.kernel.rootfs.add("/srv/box", { resolvConf: "absent" }))
)

const untouched = { rootfs: { "/srv/box": "directory absent" }, mounts: [], directories: [] }

const unlessAnswered = (call: Call): ReadonlyArray<Fault> =>
  everyFault(call).filter(({ _tag }) => _tag !== "Hang" || !call.words.includes("unlock vm "))

const ask = Vmnet.use((vmnet) => vmnet.resolvConf("vm1", "/srv/box"))

/** Mounted, or nothing of it; whatever it was, it can be asked for again, and `down` leaves nothing. */
const mountedOrNot = (run: FaultRun<World, ResolvConfResult, VmnetError>) =>
  Effect.gen(function* () {
    const vmnet = yield* Vmnet
    assertTelling(run)
    restart(run)
    if (succeeded(run)) assert.lengthOf(mountsOf(run.world).mounts, 1, run.words)
    // A crash, or a fault in undoing, leaves it to whoever does something to the VM next.
    const again = yield* ask
    if (run.exit !== null) assert.strictEqual(again.existing, succeeded(run), run.words)
    assert.deepInclude(mountsOf(run.world), { rootfs: { "/srv/box": "directory made" } })
    assert.lengthOf(mountsOf(run.world).mounts, 1)
    yield* vmnet.down("vm1")
    assertSame(mountsOf(run.world), untouched, run.words)
    yield* vmnet.up(vms[1]!)
    yield* vmnet.down("vm1")
    yield* assertPicture(run.world, run.world.beforeLast, run.words)
  })

const asking: Scenario<World, ResolvConfResult, VmnetError, Vmnet | Ledger> = {
  world,
  services: layerFaultyMachine,
  run: () => ask,
  faults: unlessAnswered,
  check: mountedOrNot
}

/** A failure that was told of leaves nothing at once; only what cannot be undone is left for later. */
const nothingLeft = (run: FaultRun<World, ResolvConfResult, VmnetError>) =>
  Effect.sync(() => {
    if (run.injections.length === 0 || run.exit === null || succeeded(run)) return
    const strikesLedger = run.injections.some(({ at }) => run.calls[at - 1]!.method.startsWith("Ledger"))
    if (!strikesLedger) assertSame(mountsOf(run.world), untouched, run.words)
  })

const takingDown: Scenario<World, DownResult, VmnetError, Vmnet | Ledger> = {
  world: Effect.tap(world, (made) => Effect.provide(ask, layerMachine(made))),
  services: layerFaultyMachine,
  run: () => Vmnet.use((vmnet) => vmnet.down("vm1")),
  check: (run) =>
    Effect.gen(function* () {
      assertTelling(run)
      restart(run)
      yield* Vmnet.use((vmnet) => vmnet.down("vm1"))
      assertSame(mountsOf(run.world), untouched, run.words)
      yield* assertPicture(run.world, run.world.beforeLast, run.words)
    })
}

describe("whatever goes wrong", () => {
  it.live("while a resolver file is mounted, it is there or it is not", () => forEachFault(asking), 120_000)
  it.live("a failure is undone before it is told", () => forEachFault({ ...asking, check: nothingLeft }), 120_000)
  it.live("while a VM with one is taken down, it can be taken down again", () => forEachFault(takingDown), 120_000)
})
