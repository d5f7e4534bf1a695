import { assert, describe, it } from "@effect/vitest"
import { layerLedgerSqlite, Ledger, VmnetError } from "@vmnet/core"
import { Effect, Fiber, Layer, Result } from "effect"
import { mkdirSync, writeFileSync } from "node:fs"
import { DatabaseSync } from "node:sqlite"
import { join } from "node:path"
import { nextGeneration, nextMark } from "../../src/ledger/counters.ts"
import { bootId, fakeProbe } from "./support/fakeProbe.ts"
import { stateDirIn } from "./support/temporary.ts"

const install = "0123abcd"

const open = (stateDir: string, boot = bootId) =>
  layerLedgerSqlite({ stateDir, install, busyTimeout: 100 }).pipe(
    Layer.provide(fakeProbe({ pid: 100, startTime: "1", bootId: boot })),
    Layer.fresh
  )

/** Every row of every table, as another program sees them. */
const dump = (stateDir: string): Readonly<Record<string, ReadonlyArray<object>>> => {
  const database = new DatabaseSync(join(stateDir, "ledger.db"), { readOnly: true })
  const tables = database.prepare("SELECT name FROM sqlite_schema WHERE type = 'table' ORDER BY name").all()
  const rows = tables.map(({ name }) => [`${name}`, database.prepare(`SELECT * FROM ${name}`).all()] as const)
  database.close()
  return Object.fromEntries(rows)
}

const fill = Effect.gen(function* () {
  const ledger = yield* Ledger
  return yield* ledger.transact("fill", (tx) => {
    tx.run("INSERT INTO networks VALUES ('web', 'bridge', 'vmbaaaaaaaaaaaa', '02:fc:00:00:00:01', '{}', 'eth0')")
    tx.run("INSERT INTO leases VALUES ('vm1', 1, 'web', 'active', '{}', '{}', '{}', '{}', 0, '[]')")
    tx.run("INSERT INTO addresses VALUES ('web', 0, '10.0.42.2', 'vm1', NULL, NULL)")
    tx.run("INSERT INTO identifiers VALUES ('device', 'vmtaaaaaaaaaaaa', 'vm1')")
    tx.run("INSERT INTO ports VALUES ('tcp', 8080, '*', 'vm1')")
    tx.run("INSERT INTO shares VALUES ('net.web', 'present', 1)")
    tx.run("INSERT INTO holds VALUES ('net.web', 'vm1')")
    tx.run("INSERT INTO resources VALUES ('vm1', 0, 'Tap host x', 'tag', 'present', '{}', NULL)")
    tx.run("INSERT INTO locks VALUES ('vm vm1', '1.1', 1, '1', 'other', NULL)")
    return { generation: nextGeneration(tx, "vm1"), mark: nextMark(tx) }
  })
})

const counters = Effect.gen(function* () {
  const ledger = yield* Ledger
  return yield* ledger.transact("count", (tx) => ({ generation: nextGeneration(tx, "vm1"), mark: nextMark(tx) }))
})

const writing = (ledger: Ledger["Service"], fail: () => never) =>
  ledger.transact("write a network", (tx) => {
    tx.run("INSERT INTO meta (key, value) VALUES ('written', 'yes')")
    return fail()
  })

describe("the ledger", () => {
  it.effect("keeps everything over a restart within a boot", () =>
    Effect.gen(function* () {
      const stateDir = stateDirIn()
      yield* Effect.provide(fill, open(stateDir))
      const before = dump(stateDir)
      yield* Effect.provide(Ledger, open(stateDir))
      assert.deepStrictEqual(dump(stateDir), before)
    })
  )

  it.effect("forgets what died with another boot, and keeps generations and marks", () =>
    Effect.gen(function* () {
      const stateDir = stateDirIn()
      const first = yield* Effect.provide(fill, open(stateDir))
      const second = yield* Effect.provide(counters, open(stateDir, "another-boot"))
      const { meta, generations, ...rest } = dump(stateDir)
      assert.isTrue(Object.values(rest).every((rows) => rows.length === 0))
      assert.deepStrictEqual(generations, [{ vm: "vm1", generation: 2 }])
      assert.deepInclude([...meta!], { key: "boot", value: "another-boot" })
      assert.deepStrictEqual(second, { generation: first.generation + 1, mark: first.mark + 1 })
    })
  )

  it.effect("refuses the format of a newer vmnet and leaves the file alone", () =>
    Effect.gen(function* () {
      const stateDir = stateDirIn()
      yield* Effect.provide(fill, open(stateDir))
      const database = new DatabaseSync(join(stateDir, "ledger.db"))
      database.exec("PRAGMA user_version = 1000")
      database.close()
      const before = dump(stateDir)
      const error = yield* Effect.flip(Effect.provide(Ledger, open(stateDir, "another-boot")))
      assert.strictEqual(error.code, "LEDGER_FAILED")
      assert.include(error.message, "the ledger has format 1000, this vmnet writes format ")
      assert.deepStrictEqual(dump(stateDir), before)
    })
  )

  it.live("waits for another process that is just making it, though SQLite itself does not", () =>
    Effect.gen(function* () {
      const stateDir = stateDirIn()
      mkdirSync(stateDir, { mode: 0o700 })
      const other = new DatabaseSync(join(stateDir, "ledger.db"))
      other.exec("BEGIN IMMEDIATE; CREATE TABLE other (x)")
      const opening = yield* Effect.forkChild(Effect.provide(counters, open(stateDir)))
      yield* Effect.sleep("20 millis")
      assert.isUndefined(opening.pollUnsafe())
      other.close()
      assert.deepStrictEqual(yield* Fiber.join(opening), { generation: 1, mark: 1 })
    })
  )

  it.effect("says so when the file is no ledger, each time it is asked", () =>
    Effect.gen(function* () {
      const stateDir = stateDirIn()
      yield* Effect.provide(Ledger, open(stateDir))
      writeFileSync(join(stateDir, "ledger.db"), "not a database".repeat(400))
      const error = yield* Effect.flip(Effect.provide(counters, open(stateDir)))
      assert.strictEqual(error.hint?.startsWith("Run vmnet gc"), true)
      assert.strictEqual(error.code, "LEDGER_FAILED")
      assert.include(error.message, "file is not a database")
      assert.instanceOf(error.cause, Error)
    })
  )
})

describe("a transaction", () => {
  it.effect("takes everything back when a VmnetError is thrown, which becomes the failure", () =>
    Effect.gen(function* () {
      const stateDir = stateDirIn()
      yield* Effect.gen(function* () {
        const ledger = yield* Ledger
        const before = dump(stateDir)
        const thrown = new VmnetError({ code: "PORT_IN_USE", detail: "taken" })
        const result = yield* Effect.result(
          writing(ledger, () => {
            throw thrown
          })
        )
        assert.deepStrictEqual(result, Result.fail(thrown))
        assert.deepStrictEqual(dump(stateDir), before)
        yield* ledger.transact("write", (tx) => tx.run("INSERT INTO meta (key, value) VALUES ('written', 'yes')"))
        assert.deepInclude([...dump(stateDir)["meta"]!], { key: "written", value: "yes" })
      }).pipe(Effect.provide(open(stateDir)))
    })
  )

  it.effect("takes everything back when anything else is thrown, and names what was being recorded", () =>
    Effect.gen(function* () {
      const stateDir = stateDirIn()
      yield* Effect.gen(function* () {
        const ledger = yield* Ledger
        const before = dump(stateDir)
        const cause = new Error("out of paper")
        const error = yield* Effect.flip(
          writing(ledger, () => {
            throw cause
          })
        )
        assert.strictEqual(error.code, "LEDGER_FAILED")
        assert.strictEqual(error.message, "write a network: out of paper")
        assert.strictEqual(error.cause, cause)
        assert.deepStrictEqual(dump(stateDir), before)
      }).pipe(Effect.provide(open(stateDir)))
    })
  )

  it.effect("that is only rehearsed sees what it writes, answers, and writes nothing", () =>
    Effect.gen(function* () {
      const stateDir = stateDirIn()
      yield* Effect.gen(function* () {
        const ledger = yield* Ledger
        const before = dump(stateDir)
        const seen = yield* ledger.rehearse("rehearse", (tx) => {
          const mark = nextMark(tx)
          nextGeneration(tx, "vm1")
          return [mark, tx.get<{ value: string }>("SELECT value FROM meta WHERE key = 'mark'")?.value]
        })
        assert.deepStrictEqual(seen, [1, "1"])
        assert.deepStrictEqual(dump(stateDir), before)
        assert.strictEqual(yield* ledger.transact("mark", nextMark), 1)
      }).pipe(Effect.provide(open(stateDir)))
    })
  )

  it.effect("that cannot begin within its bound is BUSY, which is exit code 7", () =>
    Effect.gen(function* () {
      const stateDir = stateDirIn()
      yield* Effect.gen(function* () {
        const ledger = yield* Ledger
        const other = new DatabaseSync(join(stateDir, "ledger.db"))
        other.exec("BEGIN IMMEDIATE")
        const error = yield* Effect.flip(ledger.transact("count", nextMark))
        other.close()
        assert.deepStrictEqual([error.code, error.exitCode], ["BUSY", 7])
        assert.strictEqual(error.message, "count: the ledger is busy")
        assert.strictEqual(yield* ledger.transact("count", nextMark), 1)
      }).pipe(Effect.provide(open(stateDir)))
    })
  )
})

describe("counters", () => {
  it.effect("give each VM a generation of its own and never the same mark twice, from 1 to 2^32-1 and around", () =>
    Effect.gen(function* () {
      const ledger = yield* Ledger
      const found = yield* ledger.transact("count", (tx) => {
        const generations = ["a", "b", "a", "a"].map((vm) => nextGeneration(tx, vm))
        const marks = [nextMark(tx), nextMark(tx)]
        tx.run("UPDATE meta SET value = '4294967294' WHERE key = 'mark'")
        return { generations, marks: [...marks, nextMark(tx), nextMark(tx)] }
      })
      assert.deepStrictEqual(found, { generations: [1, 1, 2, 3], marks: [1, 2, 4_294_967_295, 1] })
    }).pipe(Effect.provide(open(stateDirIn())))
  )
})
