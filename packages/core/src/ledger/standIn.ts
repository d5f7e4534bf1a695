import { Effect, type Scope } from "effect"
import { copyFileSync, existsSync, mkdtempSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { DatabaseSync } from "node:sqlite"
import type { VmnetError } from "../errors/VmnetError.ts"
import type { Ledger, SqlValue } from "./Ledger.ts"
import { isElsewhere, ledgerError } from "./ledgerErrors.ts"
import type { LedgerOptions } from "./LedgerSqlite.ts"
import { inTransaction, ledgerFile, statementsOf } from "./openDatabase.ts"
import { finishRebuild, judgeFile, judgeNamespace, prepare, type Preparing, preparingOf } from "./prepare.ts"

type Options = LedgerOptions & { readonly bootId: string }

/** A ledger in memory: what can be read of the one on disk, else what the kernel says. */
export const standIn = (options: Options): Effect.Effect<Ledger["Service"], VmnetError, Scope.Scope> =>
  Effect.gen(function* () {
    const database = yield* Effect.acquireRelease(
      Effect.sync(() => new DatabaseSync(":memory:", { enableForeignKeyConstraints: false })),
      (database) => Effect.sync(() => database.close())
    )
    const copying = attempt(options, () => copyInto(database, options))
    const copied = yield* Effect.catchIf(
      copying,
      (error) => !isElsewhere(error),
      () => Effect.succeed(false)
    )
    if (!copied) yield* begin(database, options)
    const tx = statementsOf(database)
    const { install, stateDir } = options
    return {
      install,
      stateDir,
      transact: (name, f) => attempt(options, () => inTransaction(database, "COMMIT", () => f(tx)), name),
      rehearse: (name, f) => attempt(options, () => inTransaction(database, "ROLLBACK", () => f(tx)), name)
    }
  })

const attempt = <A>({ stateDir }: Options, f: () => A, name = "read the ledger"): Effect.Effect<A, VmnetError> =>
  Effect.try({ try: f, catch: (cause) => ledgerError(name, stateDir, cause) })

const preparing = (options: Options): Preparing => preparingOf(options, options.bootId)

/** Nothing could be read: the kernel is asked. */
const begin = Effect.fnUntraced(function* (database: DatabaseSync, options: Options) {
  const tx = statementsOf(database)
  yield* attempt(options, () =>
    inTransaction(database, "COMMIT", () => prepare(tx, (sql) => database.exec(sql), preparing(options)))
  )
  if (options.rebuild === undefined) return
  const record = yield* options.rebuild
  yield* attempt(options, () => inTransaction(database, "COMMIT", () => finishRebuild(tx, record)))
})

/** Whether there was a ledger of this boot and install to copy. */
const copyInto = (memory: DatabaseSync, options: Options): boolean => {
  if (!existsSync(ledgerFile(options.stateDir))) return false
  return reading(options.stateDir, (disk) => {
    const { netns: _, ...anywhere } = preparing(options)
    if (judgeFile(statementsOf(disk), anywhere) !== "ready") return false
    judgeNamespace(statementsOf(disk), options)
    return inTransaction(memory, "COMMIT", () => copyTables(disk, memory))
  })
}

/**
 * With its log, which only a connection sees that may use the index beside it: where the file system takes no writes, not
 * even that of an index, a copy of both files is read somewhere else.
 */
const reading = <A>(stateDir: string, use: (disk: DatabaseSync) => A): A => {
  try {
    return withDatabase(ledgerFile(stateDir), true, use)
  } catch {
    const directory = mkdtempSync(join(existsSync("/dev/shm") ? "/dev/shm" : tmpdir(), "vmnet-"))
    try {
      const copy = ledgerFile(directory)
      for (const suffix of ["", "-wal"]) {
        const path = `${ledgerFile(stateDir)}${suffix}`
        if (existsSync(path)) copyFileSync(path, `${copy}${suffix}`)
      }
      return withDatabase(copy, false, use)
    } finally {
      rmSync(directory, { recursive: true, force: true })
    }
  }
}

const withDatabase = <A>(path: string, readOnly: boolean, use: (disk: DatabaseSync) => A): A => {
  const disk = new DatabaseSync(path, { readOnly, timeout: 1_000 })
  try {
    return use(disk)
  } finally {
    disk.close()
  }
}

/**
 * Definitions first, then rows, and what is to follow from rows last: all of it or, when a page of it cannot be read, nothing.
 */
const copyTables = (disk: DatabaseSync, memory: DatabaseSync): boolean => {
  // As it is at one moment: others may be writing.
  disk.exec("BEGIN")
  const schema = disk
    .prepare("SELECT type, name, sql FROM sqlite_schema WHERE sql IS NOT NULL ORDER BY type = 'index'")
    .all()
  for (const { sql, type } of schema) if (type !== "trigger") memory.exec(`${sql}`)
  for (const { name, type } of schema) {
    if (type !== "table") continue
    for (const row of disk.prepare(`SELECT * FROM "${name}"`).all()) {
      const values = Object.values(row) as Array<SqlValue>
      memory.prepare(`INSERT INTO "${name}" VALUES (${values.map(() => "?").join(", ")})`).run(...values)
    }
  }
  for (const { sql, type } of schema) if (type === "trigger") memory.exec(`${sql}`)
  return true
}
