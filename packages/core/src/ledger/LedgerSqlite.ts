import { Effect, Layer, Schedule } from "effect"
import { DatabaseSync, type StatementSync } from "node:sqlite"
import { join } from "node:path"
import { VmnetError } from "../errors/VmnetError.ts"
import { HostProbe } from "../ops/HostProbe.ts"
import { Ledger, type SqlValue, type Tx } from "./Ledger.ts"
import { forgetBoot, schemaVersion, upgrades } from "./schema.ts"
import { ensureStateDir } from "./stateDir.ts"

const busyTimeout = 10_000

export interface LedgerOptions {
  readonly stateDir: string
  readonly install: string
  /** How long a transaction waits for another process's, in milliseconds; 10 000 if absent. */
  readonly busyTimeout?: number
}

/** The ledger in `<stateDir>/ledger.db`: SQLite in WAL mode, one connection for the life of the layer. */
export const layerLedgerSqlite = (options: LedgerOptions): Layer.Layer<Ledger, VmnetError, HostProbe> =>
  Layer.effect(
    Ledger,
    Effect.gen(function* () {
      const probe = yield* HostProbe
      const database = yield* Effect.acquireRelease(opened(options), (database) => Effect.sync(() => database.close()))
      const tx = statementsOf(database)
      const transact: Ledger["Service"]["transact"] = (name, f) =>
        attempt(name, () => inTransaction(database, "COMMIT", () => f(tx)))
      const rehearse: Ledger["Service"]["rehearse"] = (name, f) =>
        attempt(name, () => inTransaction(database, "ROLLBACK", () => f(tx)))
      yield* transact("prepare the ledger", (tx) => prepare(database, tx, probe.self.bootId))
      return Ledger.of({ install: options.install, stateDir: options.stateDir, transact, rehearse })
    })
  )

/** SQLite does not wait while another process makes the file (the change to WAL needs it alone): this does. */
const opened = (options: LedgerOptions) =>
  attempt(`open the ledger in ${options.stateDir}`, () => open(options)).pipe(
    Effect.retry({
      schedule: Schedule.spaced("5 millis").pipe(Schedule.upTo({ duration: options.busyTimeout ?? busyTimeout })),
      while: (error) => error.code === "BUSY"
    })
  )

const attempt = <A>(name: string, f: () => A): Effect.Effect<A, VmnetError> =>
  Effect.try({ try: f, catch: (cause) => toLedgerError(name, cause) })

const open = ({ stateDir, busyTimeout: timeout = busyTimeout }: LedgerOptions): DatabaseSync => {
  ensureStateDir(stateDir)
  const database = new DatabaseSync(join(stateDir, "ledger.db"), { timeout })
  try {
    database.exec("PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL; PRAGMA foreign_keys = ON")
    return database
  } catch (cause) {
    database.close()
    throw cause
  }
}

/** Creates the tables, refuses a newer ledger, and forgets what died with an earlier boot. */
const prepare = (database: DatabaseSync, tx: Tx, bootId: string): void => {
  const version = tx.get<{ user_version: number }>("PRAGMA user_version")?.user_version ?? 0
  if (version > schemaVersion) {
    throw new VmnetError({
      code: "LEDGER_FAILED",
      detail: `the ledger has format ${version}, this vmnet writes format ${schemaVersion}`,
      hint: "Use the newer vmnet that wrote it, or another --state-dir."
    })
  }
  for (const upgrade of upgrades.slice(version)) database.exec(upgrade)
  database.exec(`PRAGMA user_version = ${schemaVersion}`)
  const boot = tx.get<{ value: string }>("SELECT value FROM meta WHERE key = 'boot'")?.value
  if (boot === bootId) return
  database.exec(forgetBoot)
  tx.run("INSERT OR REPLACE INTO meta (key, value) VALUES ('boot', ?)", bootId)
}

const statementsOf = (database: DatabaseSync): Tx => {
  const prepared = new Map<string, StatementSync>()
  const statement = (sql: string): StatementSync => {
    const known = prepared.get(sql)
    if (known !== undefined) return known
    const made = database.prepare(sql)
    prepared.set(sql, made)
    return made
  }
  return {
    run: (sql, ...values) => void statement(sql).run(...(values as Array<SqlValue>)),
    get: <Row>(sql: string, ...values: ReadonlyArray<SqlValue>) => statement(sql).get(...values) as Row | undefined,
    all: <Row>(sql: string, ...values: ReadonlyArray<SqlValue>) =>
      statement(sql).all(...values) as unknown as ReadonlyArray<Row>
  }
}

const inTransaction = <A>(database: DatabaseSync, end: "COMMIT" | "ROLLBACK", f: () => A): A => {
  database.exec("BEGIN IMMEDIATE")
  try {
    const result = f()
    database.exec(end)
    return result
  } catch (cause) {
    // SQLite has already rolled back by itself after a full disk or an I/O error.
    if (database.isTransaction) database.exec("ROLLBACK")
    throw cause
  }
}

/** The primary result code; extended ones (SQLITE_BUSY_RECOVERY, ...) have more bits above it (sqlite.org/rescode.html). */
const isBusy = (cause: unknown): boolean =>
  cause instanceof Error && "errcode" in cause && typeof cause.errcode === "number" && (cause.errcode & 0xff) === 5

const toLedgerError = (name: string, cause: unknown): VmnetError => {
  if (cause instanceof VmnetError) return cause
  const words = cause instanceof Error ? cause.message : String(cause)
  return isBusy(cause)
    ? new VmnetError({ code: "BUSY", detail: `${name}: the ledger is busy`, hint: "Try again.", cause })
    : new VmnetError({ code: "LEDGER_FAILED", detail: `${name}: ${words}`, cause })
}
