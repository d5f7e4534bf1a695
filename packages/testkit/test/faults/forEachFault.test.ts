import { assert, describe, it } from "@effect/vitest"
import { type LinkOps, NatOps, type OpsError, SysctlOps, VmnetError, hostNetns } from "@vmnet/core"
import {
  type Call,
  type Fault,
  type FaultCheckFailed,
  type FaultRun,
  MemoryKernel,
  type Scenario,
  faultyCalls,
  faultyOps,
  forEachFault
} from "@vmnet/testkit"
import { Cause, Context, Effect, Exit, Layer } from "effect"
import { attach, carelessAttach, ipForward, release, trustingAttach } from "./attach.ts"

type Ops = LinkOps | NatOps | SysctlOps

interface Host {
  readonly kernel: MemoryKernel
  readonly before: ReturnType<MemoryKernel["snapshot"]>
}

/** A host with the firewall layout in place, and what it looked like before anything was done to it. */
const world: Effect.Effect<Host, OpsError> = Effect.suspend(() => {
  const kernel = MemoryKernel.make()
  return NatOps.use((nat) => nat.apply(hostNetns, [{ _tag: "AddLayout" }])).pipe(
    Effect.provide(kernel.layer),
    Effect.map(() => ({ kernel, before: kernel.snapshot() }))
  )
})

/** All there, or nothing: after a crash, once somebody has cleaned up. */
const allOrNothing = ({ world: { kernel, before }, exit }: FaultRun<Host, void, OpsError>) =>
  Effect.gen(function* () {
    if (exit === null) yield* release
    if (exit === null || Exit.isFailure(exit)) assert.deepStrictEqual(kernel.snapshot(), before)
    else assert.isTrue(kernel.snapshot()["host"]!.links.some(({ link, up }) => link === "vmb1" && up))
  })

const scenario = (run: Effect.Effect<void, OpsError, Ops>): Scenario<Host, void, OpsError, Ops> => ({
  world,
  services: ({ kernel }) => faultyOps(kernel.layer),
  run: () => run,
  check: allOrNothing
})

const hangAndCrash = (applied: number): ReadonlyArray<Fault> => [
  { _tag: "Hang", applied },
  { _tag: "Crash", applied }
]

/** The failure of a suite that had to find something. */
const found = <R>(self: Effect.Effect<unknown, FaultCheckFailed, R>) => Effect.flip(self)

describe("forEachFault", () => {
  it.effect("runs a scenario once for each way each of its calls can go wrong", () =>
    Effect.gen(function* () {
      const { calls, runs } = yield* forEachFault(scenario(attach))
      assert.deepStrictEqual(
        calls.map(({ method, steps }) => [method, steps]),
        [
          ["SysctlOps.write", 1],
          ["LinkOps.apply", 3],
          ["NatOps.apply", 1]
        ]
      )
      // The run in which nothing goes wrong, six for each single change, and for the batch of three
      // eight failures, four interruptions and four crashes.
      assert.strictEqual(runs.length, 1 + 6 + 16 + 6)
      assert.strictEqual(runs[0], "nothing goes wrong")
      assert.include(
        runs,
        "call 3 of 3 fails though applied (NatOps.apply host: add masquerade vmb1, add guest 10.0.42.2 on vmb1)"
      )
    })
  )

  it.effect("covers a step that is added without a change of the test", () =>
    Effect.gen(function* () {
      const more = SysctlOps.use((ops) => ops.read(hostNetns, ipForward))
      const { runs } = yield* forEachFault(scenario(Effect.andThen(more, attach)))
      assert.strictEqual(runs.length, 1 + 3 + 6 + 16 + 6)
    })
  )

  it.effect("finds a step that is not undone", () =>
    Effect.gen(function* () {
      const error = yield* found(forEachFault(scenario(carelessAttach)))
      assert.strictEqual(error.failures.length, 5)
      assert.include(error.message, "5 of ")
      assert.include(error.failures[0]!, "call 1 of 2 fails though applied (LinkOps.apply host: add bridge vmb1")
      assert.instanceOf(error.cause, Error)
    })
  )

  it.effect("finds one that takes a failed call for one that did nothing", () =>
    Effect.gen(function* () {
      const faults = ({ steps }: Call) => [{ _tag: "Fail", applied: steps }] as const
      const error = yield* found(forEachFault({ ...scenario(trustingAttach), faults }))
      assert.deepStrictEqual(
        error.failures.map((line) => line.slice(0, line.indexOf(" ("))),
        ["call 1 of 2 fails though applied", "call 2 of 2 fails though applied"]
      )
    })
  )

  it.effect("finds a world that is wrong even though nothing went wrong", () =>
    Effect.gen(function* () {
      const error = yield* found(forEachFault({ ...scenario(attach), check: () => Effect.fail("never right") }))
      assert.deepStrictEqual(error.failures, ["nothing goes wrong: never right"])
      assert.strictEqual(error.runs, 1)
    })
  )

  it.effect("strikes the undoing as well when asked to", () =>
    Effect.gen(function* () {
      const seen: Array<string> = []
      const again = {
        ...scenario(attach),
        faults: () => [{ _tag: "Fail", applied: 1 }] as const,
        again: () => [{ _tag: "Fail", applied: 0 }] as const,
        check: ({ words, injections }: FaultRun<Host, void, OpsError>) =>
          Effect.sync(() => injections.length === 2 && seen.push(words))
      }
      const { runs } = yield* forEachFault(again)
      assert.strictEqual(runs.filter((words) => words.includes(", then call")).length, seen.length)
      assert.include(
        seen.map((words) => words.replaceAll(/ \([^)]*\)/g, "")),
        "call 2 of 4 fails with 1 of 3 changes applied, then call 4 of 4 fails before it is applied"
      )
    })
  )

  it.effect("names a run that never ends, and goes on", () =>
    Effect.gen(function* () {
      const stuck = Effect.catch(attach, () => Effect.never)
      const faults = () => [{ _tag: "Fail", applied: 0 }] as const
      const error = yield* found(forEachFault({ ...scenario(stuck), faults, limit: 50 }))
      assert.strictEqual(error.failures.length, 3)
      assert.match(error.failures[2]!, /^call 3 of 3 fails before it is applied .*: the run did not end within 50 ms$/)
    })
  )

  it.effect("interrupts the run at a call that hangs, and tells how it ended", () =>
    Effect.gen(function* () {
      const ends: Array<string> = []
      yield* forEachFault({
        ...scenario(attach),
        faults: ({ steps }) => [0, steps].flatMap((applied) => hangAndCrash(applied)),
        check: ({ exit, injections }) =>
          Effect.sync(() => {
            const interrupted = exit !== null && Exit.isFailure(exit) && Cause.hasInterruptsOnly(exit.cause)
            const end = exit === null ? "died" : interrupted ? "interrupted" : "other"
            ends.push(`${injections[0]?.fault._tag} ${end}`)
          })
      })
      assert.deepStrictEqual(new Set(ends), new Set(["undefined other", "Hang interrupted", "Crash died"]))
      assert.strictEqual(ends.length, 1 + 3 * 4)
    })
  )

  it.effect("strikes nothing in the check, even when the run never came that far", () =>
    Effect.gen(function* () {
      let run = 0
      const shorter = Effect.suspend(() => (run++ === 0 ? attach : Effect.void))
      const error = yield* found(forEachFault({ ...scenario(shorter), check: () => release }))
      assert.match(error.failures[0]!, /: call 1 was SysctlOps.write when it was recorded, and not made now$/)
    })
  )

  it.effect("refuses a scenario whose calls differ from run to run", () =>
    Effect.gen(function* () {
      let run = 0
      const fickle = Effect.suspend(() => (run++ === 0 ? attach : release))
      const error = yield* found(forEachFault({ ...scenario(fickle), check: () => Effect.void }))
      assert.include(error.message, "call 2 was LinkOps.apply when it was recorded, and NatOps.find now")
    })
  )

  it.effect("lets an interruption that is held off pass when the call has ended", () =>
    Effect.gen(function* () {
      const exits: Array<string> = []
      const shielded = Effect.uninterruptible(attach)
      yield* forEachFault({
        ...scenario(shielded),
        faults: ({ steps }) => [{ _tag: "Hang", applied: Math.floor(steps / 2) }] as const,
        check: ({ world: { kernel }, injections }) =>
          Effect.sync(() => {
            const there = kernel.snapshot()["host"]!.links.some(({ link, up }) => link === "vmb1" && up)
            if (injections.length > 0) exits.push(`${injections[0]?.at} ${there ? "whole" : "nothing"}`)
          })
      })
      assert.deepStrictEqual(exits, ["1 whole", "2 whole", "3 whole"])
    })
  )

  it.effect("gives every run services of its own, whatever layers the test shares", () =>
    Effect.gen(function* () {
      const built: Array<number> = []
      class Once extends Context.Service<Once, number>()("Once") {}
      const shared = Layer.effect(
        Once,
        Effect.sync(() => built.push(built.length))
      )
      const run = Effect.andThen(Once, carelessAttach)
      const services = ({ kernel }: Host) => Layer.merge(shared, faultyOps(kernel.layer))
      const faults = () => [{ _tag: "Crash", applied: 0 }] as const
      const one = { world, services, run: () => run, check: () => Effect.void, faults }
      yield* Effect.andThen(Once, forEachFault(one)).pipe(Effect.provide(shared))
      // Once for the test, once for the run in which nothing goes wrong, twice for each of two processes that die.
      assert.strictEqual(built.length, 1 + 1 + 2 * 2)
    })
  )
})

interface Tx {
  readonly rows: Array<string>
}

class Ledger extends Context.Service<
  Ledger,
  {
    readonly path: string
    readonly transact: <A>(action: string, f: (tx: Tx) => A) => Effect.Effect<A, VmnetError>
    readonly size: Effect.Effect<number, VmnetError>
  }
>()("@vmnet/test/Ledger") {}

const ledgerOver = (rows: Array<string>) =>
  Layer.succeed(Ledger, {
    path: "ledger.db",
    transact: (_, f) => Effect.sync(() => f({ rows })),
    size: Effect.sync(() => rows.length)
  })

const ledgerFailed = (detail: string) => new VmnetError({ code: "LEDGER_FAILED", detail })

const faultyLedger = faultyCalls(Ledger, {
  transact: { error: ledgerFailed, words: (action) => action },
  size: { error: ledgerFailed, steps: () => 0 }
})

describe("faultyCalls", () => {
  it.effect("strikes the named methods of any service, with errors of its own", () =>
    Effect.gen(function* () {
      const ends: Array<string> = []
      const { calls } = yield* forEachFault({
        world: Effect.sync((): Array<string> => []),
        services: (rows) => faultyLedger(ledgerOver(rows)),
        run: () =>
          Effect.gen(function* () {
            const ledger = yield* Ledger
            assert.strictEqual(ledger.path, "ledger.db")
            const kept = yield* ledger.transact("reserve", (tx) => tx.rows.push("vm1"))
            assert.strictEqual(kept, 1)
            return yield* ledger.size
          }),
        faults: ({ steps }) => [0, steps].map((applied) => ({ _tag: "Fail", applied }) as const),
        check: ({ world, exit, words }) =>
          Effect.sync(() => {
            const error =
              exit === null
                ? undefined
                : Exit.findErrorOption(exit).pipe((o) => (o._tag === "Some" ? o.value : undefined))
            ends.push(`${words}: ${error?.code ?? "fine"}, ${world.length} rows`)
          })
      })
      assert.deepStrictEqual(
        calls.map(({ words }) => words),
        ["Ledger.transact reserve", "Ledger.size"]
      )
      assert.deepStrictEqual(ends, [
        "nothing goes wrong: fine, 1 rows",
        "call 1 of 1 fails before it is applied (Ledger.transact reserve): LEDGER_FAILED, 0 rows",
        "call 1 of 1 fails though applied (Ledger.transact reserve): LEDGER_FAILED, 1 rows",
        "call 2 of 2 fails before it is applied (Ledger.size): LEDGER_FAILED, 1 rows",
        "call 2 of 2 fails before it is applied (Ledger.size): LEDGER_FAILED, 1 rows"
      ])
    })
  )
})
