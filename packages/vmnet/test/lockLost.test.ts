import { assert, describe, it } from "@effect/vitest"
import { Backends, type HostProbe, layerLedgerSqlite, layerVmnet, Ledger, Vmnet, VmnetError } from "@vmnet/core"
import { Effect, Exit, Layer } from "effect"
import { backends, install, type Machine, machine, request } from "./gc/memory.ts"

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

const services = ({ kernel, stateDir }: Machine, ending: Ending): Layer.Layer<Vmnet | Ledger | HostProbe> =>
  layerVmnet.pipe(
    Layer.provideMerge(Layer.provide(forgetful(ending), layerLedgerSqlite({ stateDir, install }))),
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
      const { after, before, exit, next } = yield* Effect.provide(attempted, services(yield* machine, ending))
      assert.isTrue(Exit.isFailure(exit))
      assert.deepStrictEqual(after, before)
      assert.deepStrictEqual([next.existing, next.attachment.generation], [false, 2])
    })
  )
})
