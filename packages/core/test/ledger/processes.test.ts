import { assert, describe, it } from "@effect/vitest"
import { layerLedgerSqlite, Ledger } from "@vmnet/core"
import { Effect, Layer } from "effect"
import { readFileSync } from "node:fs"
import { join } from "node:path"
import { startChild } from "./support/child.ts"
import { fakeProbe } from "./support/fakeProbe.ts"
import { stateDirIn, temporaryDirectory } from "./support/temporary.ts"

const script = (file: string): URL => new URL(`support/scripts/${file}`, import.meta.url)

const layer = (stateDir: string) =>
  layerLedgerSqlite({ stateDir, install: "0123abcd" }).pipe(Layer.provide(fakeProbe()))

const counterOf = (stateDir: string) =>
  Effect.gen(function* () {
    const ledger = yield* Ledger
    return yield* ledger.transact("look", (tx) =>
      Number(tx.get<{ value: string }>("SELECT value FROM meta WHERE key = 'counter'")!.value)
    )
  }).pipe(Effect.provide(layer(stateDir)))

describe("several processes on one ledger", () => {
  it.live("open it for the first time at once, and lose none of each other's transactions", () =>
    Effect.gen(function* () {
      const stateDir = stateDirIn()
      const children = Array.from({ length: 4 }, () => startChild(script("count.ts"), stateDir, "50"))
      yield* Effect.promise(() => Promise.all(children.map((child) => child.next())))
      for (const child of children) child.say("go")
      const ends = yield* Effect.promise(() => Promise.all(children.map((child) => child.rest())))
      assert.deepStrictEqual(
        ends,
        Array.from(children, () => ["done"])
      )
      assert.strictEqual(yield* counterOf(stateDir), 200)
    })
  )

  it.live("find nothing of what one of them had not committed when it was killed", () =>
    Effect.gen(function* () {
      const stateDir = stateDirIn()
      yield* Effect.provide(Ledger, layer(stateDir))
      const child = startChild(script("openTransaction.ts"), join(stateDir, "ledger.db"))
      assert.strictEqual(yield* Effect.promise(child.next), "writing")
      yield* Effect.promise(child.kill)
      const half = yield* Effect.flatMap(Ledger, (ledger) =>
        ledger.transact("look", (tx) => tx.get("SELECT * FROM meta WHERE key = 'half'") ?? "nothing")
      ).pipe(Effect.provide(layer(stateDir)))
      assert.strictEqual(half, "nothing")
    })
  )

  it.live("exclude one another where they take the same lock", () =>
    Effect.gen(function* () {
      const stateDir = stateDirIn()
      const log = join(temporaryDirectory(), "log")
      const children = Array.from({ length: 3 }, () => startChild(script("lockedSteps.ts"), stateDir, log, "20"))
      yield* Effect.promise(() => Promise.all(children.map((child) => child.rest())))
      const lines = readFileSync(log, "utf8").trim().split("\n")
      assert.strictEqual(lines.length, 3 * 20 * 2)
      const pids = new Set(lines.map((line) => line.split(" ")[0]))
      assert.strictEqual(pids.size, 3)
      for (let index = 0; index < lines.length; index += 2) {
        const [pid, word] = lines[index]!.split(" ")
        assert.strictEqual(word, "in")
        assert.strictEqual(lines[index + 1], `${pid} out`)
      }
    })
  )
})
