import { assert, describe, it } from "@effect/vitest"
import { layerLedgerSqlite, Ledger } from "@vmnet/core"
import { Effect, Layer } from "effect"
import { mkdirSync, readdirSync, renameSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import { setTimeout } from "node:timers/promises"
import { DatabaseSync } from "node:sqlite"
import { setAsideLock, setFilesAside } from "../../src/ledger/setAside.ts"
import { startChild } from "./support/child.ts"
import { fakeProbe } from "./support/fakeProbe.ts"
import { stateDirIn } from "./support/temporary.ts"

const script = new URL("support/scripts/setAside.ts", import.meta.url)

const damagedLedger = (): string => {
  const stateDir = stateDirIn()
  mkdirSync(stateDir, { mode: 0o700 })
  writeFileSync(join(stateDir, "ledger.db"), "not a database ".repeat(400), { mode: 0o600 })
  return stateDir
}

const ledger = (stateDir: string) =>
  layerLedgerSqlite({ stateDir, install: "0123abcd" }).pipe(Layer.provide(fakeProbe()))

const record = (stateDir: string, word: string) =>
  Effect.provide(
    Effect.flatMap(Ledger, ({ transact }) =>
      transact("record", (tx) => tx.run("INSERT INTO meta (key, value) VALUES (?, 'here')", word))
    ),
    ledger(stateDir)
  )

const words = (stateDir: string) =>
  Effect.provide(
    Effect.flatMap(Ledger, ({ transact }) =>
      transact("look", (tx) => tx.all<{ key: string }>("SELECT key FROM meta WHERE value = 'here' ORDER BY key"))
    ),
    ledger(stateDir)
  ).pipe(Effect.map((rows) => rows.map(({ key }) => key)))

const aside = (stateDir: string) => readdirSync(stateDir).filter((file) => file.startsWith("ledger.db.damaged-"))

describe("a damaged ledger that several processes set aside", () => {
  it.live("goes once: who comes second finds the new one whole, and leaves it", () =>
    Effect.gen(function* () {
      const stateDir = damagedLedger()
      const first = new DatabaseSync(setAsideLock(stateDir))
      first.exec("BEGIN EXCLUSIVE")
      const second = startChild(script, stateDir, "second")
      assert.strictEqual(yield* Effect.promise(second.next), "damaged")
      second.say("go")
      // Time enough to set it aside, for whoever does not wait.
      yield* Effect.promise(() => setTimeout(300))
      renameSync(join(stateDir, "ledger.db"), join(stateDir, "ledger.db.damaged-first"))
      yield* record(stateDir, "first")
      first.close()
      assert.deepStrictEqual(yield* Effect.promise(second.rest), ["nothing"])
      assert.deepStrictEqual(aside(stateDir), ["ledger.db.damaged-first"])
      assert.deepStrictEqual(yield* words(stateDir), ["first", "second"])
    })
  )

  it.live("leaves a new one alone that somebody has opened and not yet filled", () =>
    Effect.gen(function* () {
      const stateDir = stateDirIn()
      mkdirSync(stateDir, { mode: 0o700 })
      new DatabaseSync(join(stateDir, "ledger.db")).close()
      assert.isUndefined(yield* setFilesAside(stateDir))
      assert.deepStrictEqual(aside(stateDir), [])
    })
  )

  it.live("goes once when they are six at once, and what each records in the new one is there", () =>
    Effect.gen(function* () {
      const stateDir = damagedLedger()
      const names = Array.from({ length: 6 }, (_, index) => `process-${index}`)
      const children = names.map((name) => startChild(script, stateDir, name))
      for (const child of children) assert.strictEqual(yield* Effect.promise(child.next), "damaged")
      for (const child of children) child.say("go")
      const ends = yield* Effect.promise(() => Promise.all(children.map((child) => child.rest())))
      assert.deepStrictEqual(ends.flat().toSorted(), ["aside", ...Array.from({ length: 5 }, () => "nothing")])
      assert.strictEqual(aside(stateDir).length, 1)
      assert.deepStrictEqual(yield* words(stateDir), names)
    })
  )
})
