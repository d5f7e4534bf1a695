import { assert, describe, it } from "@effect/vitest"
import { Backends, type HostProbe, layerLedgerSqlite, layerVmnet, Ledger, Vmnet, VmnetError } from "@vmnet/core"
import { Effect, Exit, Layer } from "effect"
import { backends, install, type Machine, machine, request, services as plain } from "./gc/memory.ts"

type Ending = (name: string) => Effect.Effect<never, VmnetError>

/** What is reserved with a VM's lock stands, and whoever has reserved it does not learn that: once, for the VM `late`. */
const forgetful = (ending: Ending): Layer.Layer<Ledger, never, Ledger> => {
  let isOver = false
  return Layer.effect(
    Ledger,
    Effect.map(Ledger, (ledger) =>
      Ledger.of({
        ...ledger,
        transact: (name, f) => {
          const done = ledger.transact(name, f)
          if (isOver || name !== "lock vm late") return done
          isOver = true
          return Effect.andThen(done, ending(name))
        }
      })
    )
  )
}

const over = (
  { kernel, stateDir }: Machine,
  ledger: Layer.Layer<Ledger, never, Ledger>
): Layer.Layer<Vmnet | Ledger | HostProbe> =>
  layerVmnet.pipe(
    Layer.provideMerge(Layer.provide(ledger, layerLedgerSqlite({ stateDir, install }))),
    Layer.provideMerge(kernel.layer),
    Layer.provide(Backends.layerOf(backends)),
    Layer.orDie,
    Layer.fresh
  )

const ledgerFailed: Ending = (name) =>
  Effect.fail(new VmnetError({ code: "LEDGER_FAILED", detail: `${name}: disk I/O error`, hint: "Look at the disk." }))

const endings: ReadonlyArray<readonly [string, Ending]> = [
  ["seems to have failed", ledgerFailed],
  ["is the last before an interruption", () => Effect.interrupt]
]

const attempted = Effect.gen(function* () {
  const vmnet = yield* Vmnet
  const ledger = yield* Ledger
  yield* vmnet.up(request("first", { backend: "tap" }))
  const rows = ledger.transact("look", (tx) =>
    ["leases", "resources", "identifiers", "holds", "locks"].map((table) => tx.all(`SELECT * FROM ${table}`))
  )
  const before = yield* rows
  const exit = yield* Effect.exit(vmnet.up(request("late", { backend: "tap" })))
  return { exit, before, after: yield* rows, next: yield* vmnet.up(request("late", { backend: "tap" })) }
})

describe("a lock that is taken together with all that a VM needs", () => {
  it.effect.each(endings)("in a transaction that %s: nothing of it stays", ([, ending]) =>
    Effect.gen(function* () {
      const { after, before, exit, next } = yield* Effect.provide(attempted, over(yield* machine, forgetful(ending)))
      assert.isTrue(Exit.isFailure(exit))
      assert.deepStrictEqual(after, before)
      assert.deepStrictEqual([next.existing, next.attachment.generation], [false, 2])
    })
  )
})

/** The transaction leaves nothing behind, and fails once something else has been done. */
const rolledBack = (
  meanwhile: Effect.Effect<unknown, VmnetError>,
  error: VmnetError
): Layer.Layer<Ledger, never, Ledger> => {
  let isOver = false
  return Layer.effect(
    Ledger,
    Effect.map(Ledger, (ledger) =>
      Ledger.of({
        ...ledger,
        transact: (name, f) => {
          if (isOver || name !== "lock vm late") return ledger.transact(name, f)
          isOver = true
          return ledger.rehearse(name, f).pipe(Effect.andThen(meanwhile), Effect.andThen(Effect.fail(error)))
        }
      })
    )
  )
}

const late = request("late", { backend: "tap" })

const seen = Effect.gen(function* () {
  const vmnet = yield* Vmnet
  yield* vmnet.up(request("first", { backend: "tap" }))
  const exit = yield* Effect.exit(vmnet.up(late))
  return { exit, drift: (yield* vmnet.check()).drift, again: yield* vmnet.up(late) }
})

describe("a lock that is taken together with all that a VM needs, in a transaction that is rolled back", () => {
  it.effect("is no reason to take down a VM that somebody else has brought up with the same generation", () =>
    Effect.gen(function* () {
      const made = yield* machine
      const another = Effect.provide(
        Vmnet.use((vmnet) => vmnet.up(late)),
        plain(made)
      )
      const error = new VmnetError({ code: "LEDGER_FAILED", detail: "disk I/O error", hint: "Look at the disk." })
      const { again, drift, exit } = yield* Effect.provide(seen, over(made, rolledBack(another, error)))
      assert.isTrue(Exit.isFailure(exit))
      assert.deepStrictEqual([again.existing, again.attachment.generation, drift], [true, 1, []])
    })
  )

  it.live("and tried again: all is reserved again", () =>
    Effect.gen(function* () {
      const made = yield* machine
      const error = new VmnetError({ code: "BUSY", detail: "database is locked", hint: "Try again." })
      const { again, drift, exit } = yield* Effect.provide(seen, over(made, rolledBack(Effect.void, error)))
      assert.isTrue(Exit.isSuccess(exit))
      assert.deepStrictEqual([again.existing, again.attachment.generation, drift], [true, 1, []])
    })
  )
})
