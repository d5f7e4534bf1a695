import { assert } from "@effect/vitest"
import { type AttachRequest, type Ledger, Vmnet, VmnetError } from "@vmnet/core"
import { Cause, Effect, Exit } from "effect"
import type { Call } from "../../faults/Call.ts"
import type { Fault } from "../../faults/Fault.ts"
import { forEachFault } from "../../faults/forEachFault.ts"
import type { FaultRun } from "../../faults/Scenario.ts"
import { HostSnapshot } from "../../host/HostSnapshot.ts"
import { assertSame } from "./assertSame.ts"
import { placeFor } from "./behind.ts"
import { leaseRows } from "./leaseRows.ts"
import { requestFor, specs } from "./requestFor.ts"
import { layerFaultyService } from "./services.ts"
import type { SuiteOptions, SuitePart } from "./suiteTests.ts"
import { leavesNoTrace, unchanged } from "./unchanged.ts"

/** All faults in turn, on the real kernel. */
const patience = 120_000

/** What the host and the ledger look like. */
const picture = Effect.gen(function* () {
  return { host: yield* Effect.orDie(HostSnapshot.take()), rows: yield* leaseRows }
})
type Picture = Effect.Success<typeof picture>

const assertPicture = Effect.fnUntraced(function* (expected: Picture, words: string) {
  assertSame(yield* leaseRows, expected.rows, `${words}: ledger`)
  yield* unchanged(expected.host)
})

/**
 * One for each call that changes something, the worst that can be told of it: half of a batch applied, or all of it though
 * it failed. The whole list is run in memory, where a run takes milliseconds.
 */
const oneFault = ({ number, steps }: Call): ReadonlyArray<Fault> =>
  steps === 0 ? [] : [{ _tag: "Fail", applied: number % 2 === 0 ? steps : Math.floor(steps / 2) }]

const succeeded = ({ exit }: FaultRun<unknown, unknown, unknown>): boolean => exit !== null && Exit.isSuccess(exit)

/** What a verb failed with names a step, keeps its code and says what struck. */
const assertTelling = ({ exit, words }: FaultRun<unknown, unknown, VmnetError>): void => {
  if (exit === null || Exit.isSuccess(exit)) return
  const error = Cause.squash(exit.cause)
  assert.instanceOf(error, VmnetError, words)
  assert.include(error.message, "fault injected", words)
}

interface Strike<A> {
  /** What is there before; gone with its scope. */
  readonly world?: Effect.Effect<unknown, VmnetError, Vmnet>
  readonly run: Effect.Effect<A, VmnetError, Vmnet>
  /** What is done about it afterwards, so that the host is what it was. */
  readonly settle: (run: FaultRun<void, A, VmnetError>) => Effect.Effect<unknown, VmnetError, Vmnet>
}

/** One run for each call of a verb that fails; after each of them the host and the ledger are what they were. */
const strike = Effect.fnUntraced(function* <A>(options: SuiteOptions, { world, run, settle }: Strike<A>) {
  const before = yield* picture
  return yield* forEachFault<void, A, VmnetError, Vmnet | Ledger, Vmnet>({
    world: Effect.asVoid(world ?? Effect.void),
    services: () => layerFaultyService(options),
    run: () => run,
    faults: oneFault,
    limit: 60_000,
    check: (struck) =>
      Effect.gen(function* () {
        assertTelling(struck)
        yield* settle(struck)
        yield* assertPicture(before, struck.words)
      })
  })
})

const up = (vm1: AttachRequest) => Vmnet.use((vmnet) => vmnet.up(vm1))
const down = Vmnet.use((vmnet) => vmnet.down("vm1"))

/** Whatever fails at any step, all of it is done or nothing of it is left. */
export const faults: SuitePart = (it, subject, options) => {
  const asked = Effect.fnUntraced(function* () {
    return requestFor(subject, "vm1", { ...(yield* placeFor(subject, "vm1")), publish: ["8080-8081:80"] })
  })

  it.effect(
    "whatever fails while a VM comes up, the host is as it was, and so is the ledger",
    () =>
      leavesNoTrace(
        Effect.gen(function* () {
          const vm1 = yield* asked()
          const settle = (run: FaultRun<void, unknown, VmnetError>) => (succeeded(run) ? down : Effect.void)
          const { calls } = yield* strike(options, { run: up(vm1), settle })
          assert.includeMembers(
            calls.map(({ method }) => method),
            ["Ledger.transact"]
          )
        })
      ),
    patience
  )

  it.effect(
    "whatever fails while a VM goes, it can be taken down again, and the host is as it was",
    () =>
      leavesNoTrace(
        Effect.gen(function* () {
          const vm1 = yield* asked()
          const settle = Effect.fnUntraced(function* (run: FaultRun<void, unknown, VmnetError>) {
            const again = yield* down
            if (succeeded(run)) assert.strictEqual(again.outcome, "absent", run.words)
          })
          yield* strike(options, { world: up(vm1), run: down, settle })
        })
      ),
    patience
  )

  it.effect(
    "whatever fails while ports are published, all of them are or none",
    () =>
      leavesNoTrace(
        Effect.gen(function* () {
          const vmnet = yield* Vmnet
          yield* Effect.acquireRelease(vmnet.up(yield* asked()), () => Effect.orDie(vmnet.down("vm1")))
          const loopback = subject.loopbackDatagrams === "unanswered" ? "127.0.0.1:53:53" : "127.0.0.1:53:53/udp"
          const more = specs(subject, "7000-7001:70", loopback)
          const settle = (run: FaultRun<void, unknown, VmnetError>) =>
            succeeded(run) ? vmnet.unpublish("vm1", more) : Effect.void
          yield* strike(options, { run: Vmnet.use((faulty) => faulty.publish("vm1", more)), settle })
        })
      ),
    patience
  )
}
