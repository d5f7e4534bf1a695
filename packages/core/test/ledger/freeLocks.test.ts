import { assert, describe, it } from "@effect/vitest"
import { layerLedgerSqlite, Ledger, type ProcessId, VmnetError, withFreeLocks, withLock } from "@vmnet/core"
import { Effect, Layer } from "effect"
import { bootId, fakeProbe } from "./support/fakeProbe.ts"
import { stateDirIn } from "./support/temporary.ts"

const me: ProcessId = { pid: 100, startTime: "1", bootId }

const host = () =>
  Layer.provideMerge(layerLedgerSqlite({ stateDir: stateDirIn(), install: "0123abcd" }), fakeProbe(me, []))

const keys = Effect.flatMap(Ledger, (ledger) =>
  ledger.transact("look", (tx) => tx.all<{ key: string }>("SELECT key FROM locks ORDER BY key").map(({ key }) => key))
)

const vms = ["vm a", "vm b", "vm c"]
const taken = (_: unknown, those: ReadonlyArray<string>) => those

describe("several locks at once", () => {
  it.live("are those that are free, held together and given back together", () =>
    Effect.gen(function* () {
      const inside = Effect.flatMap(keys, (before) =>
        withFreeLocks(vms, taken, (those) => Effect.map(keys, (during) => ({ before, those, during })))
      )
      const seen = yield* withLock("vm b")(inside)
      assert.deepStrictEqual(seen, { before: ["vm b"], those: ["vm a", "vm c"], during: ["vm a", "vm b", "vm c"] })
      assert.deepStrictEqual(yield* keys, [])
    }).pipe(Effect.provide(host()))
  )

  it.live("are given back when the work fails, and by its last transaction", () =>
    Effect.gen(function* () {
      const failure = new VmnetError({ code: "BAD_INPUT", detail: "no" })
      assert.strictEqual(yield* Effect.flip(withFreeLocks(vms, taken, () => failure)), failure)
      assert.deepStrictEqual(yield* keys, [])
      const after = yield* withFreeLocks(vms, taken, (_, held) =>
        Effect.andThen(
          held.last("end", (__, release) => release()),
          () => keys
        )
      )
      assert.deepStrictEqual(after, [])
    }).pipe(Effect.provide(host()))
  )

  it.live("do not wait for each other, whatever the order they are asked for in", () =>
    Effect.gen(function* () {
      const turn = (order: ReadonlyArray<string>) =>
        withFreeLocks(order, taken, (those) => Effect.as(Effect.sleep("2 millis"), those.length))
      const all = Array.from({ length: 10 }, (_, index) => turn(index % 2 === 0 ? vms : vms.toReversed()))
      const counts = yield* Effect.all(all, { concurrency: "unbounded" })
      assert.isTrue(counts.every((count) => count === 0 || count === 3))
      assert.include(counts, 3)
      assert.deepStrictEqual(yield* keys, [])
    }).pipe(Effect.provide(host()))
  )
})
