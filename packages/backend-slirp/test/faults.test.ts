import { assert, it } from "@effect/vitest"
import { type Ledger, readPublishSpecs, Vmnet, type VmnetError } from "@vmnet/core"
import { type Fault, everyFault, type FaultRun, forEachFault, type Call } from "@vmnet/testkit"
import { Effect, Exit, Result } from "effect"
import {
  assertPicture,
  layerFaultyMachine,
  layerMachine,
  type Machine,
  machine,
  picture,
  request
} from "./support/memory.ts"

const vm1 = request("vm1", { publish: ["8080-8081:80", "127.0.0.1:53:53"] })
const more = Result.getOrThrow(readPublishSpecs(["9090-9091:90"]))

interface World extends Machine {
  readonly empty: unknown
  readonly before: unknown
}

/** A machine on which `vm1` is up already, or nothing is. */
const world = (isUp: boolean) =>
  Effect.gen(function* () {
    const made = yield* machine
    return yield* Effect.gen(function* () {
      const vmnet = yield* Vmnet
      const empty = yield* picture(made)
      if (isUp) yield* vmnet.up(vm1)
      return { ...made, empty, before: yield* picture(made) } satisfies World
    }).pipe(Effect.provide(layerMachine(made)))
  })

type Run = FaultRun<World, unknown, VmnetError>

/** After a crash vmnet is started again, by another process. */
const restarted = ({ exit, world: made }: Run): boolean => {
  if (exit === null) made.kernel.host.restartSelf()
  return exit === null
}

const succeeded = ({ exit }: Run): boolean => exit !== null && Exit.isSuccess(exit)

/** An interruption comes too late once the VM's lock is given back, and what was done is being looked at. */
const tooLate = /unlock vm |look up helpers|^Helpers\.find /

const untilAnswered = (call: Call): ReadonlyArray<Fault> =>
  everyFault(call).filter(({ _tag }) => _tag !== "Hang" || !tooLate.test(call.words))

it.live(
  "whatever goes wrong while a VM comes up, nothing is left, or gc takes it",
  () =>
    forEachFault<World, unknown, VmnetError, Vmnet | Ledger>({
      world: world(false),
      services: layerFaultyMachine,
      run: () => Vmnet.use((vmnet) => vmnet.up(vm1)),
      faults: untilAnswered,
      check: (run) =>
        Effect.gen(function* () {
          const vmnet = yield* Vmnet
          const crashed = restarted(run)
          if (crashed) yield* vmnet.gc({ dryRun: false })
          // A process may have died with the VM up: that is nobody's to take.
          if (crashed || succeeded(run)) yield* vmnet.down("vm1")
          yield* assertPicture(run.world, run.world.empty, run.words)
          assert.isFalse((yield* vmnet.up(vm1)).existing)
        })
    }),
  120_000
)

it.live(
  "whatever goes wrong while a VM goes down, down again leaves nothing",
  () =>
    forEachFault<World, unknown, VmnetError, Vmnet | Ledger>({
      world: world(true),
      services: layerFaultyMachine,
      run: () => Vmnet.use((vmnet) => vmnet.down("vm1")),
      check: (run) =>
        Effect.gen(function* () {
          const vmnet = yield* Vmnet
          restarted(run)
          yield* vmnet.down("vm1")
          yield* assertPicture(run.world, run.world.empty, run.words)
        })
    }),
  120_000
)

it.live(
  "whatever goes wrong while ports are published, all of them are or none",
  () =>
    forEachFault<World, unknown, VmnetError, Vmnet | Ledger>({
      world: world(true),
      services: layerFaultyMachine,
      run: () => Vmnet.use((vmnet) => vmnet.publish("vm1", more)),
      faults: untilAnswered,
      check: (run) =>
        Effect.gen(function* () {
          const vmnet = yield* Vmnet
          restarted(run)
          const published = (yield* vmnet.show("vm1")).attachment.publish.some(({ hostPort }) => hostPort === 9090)
          if (run.exit !== null) assert.strictEqual(published, succeeded(run), run.words)
          if (published) yield* vmnet.unpublish("vm1", more)
          // Clears up what a process that died has begun.
          else yield* Effect.andThen(vmnet.publish("vm1", more), vmnet.unpublish("vm1", more))
          yield* assertPicture(run.world, run.world.before, run.words)
        })
    }),
  120_000
)
