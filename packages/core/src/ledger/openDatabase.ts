import { statSync } from "node:fs"
import { join } from "node:path"
import { DatabaseSync, type StatementSync } from "node:sqlite"
import type { SqlValue, Tx } from "./Ledger.ts"
import { ensureStateDir } from "./stateDir.ts"

export const ledgerFile = (stateDir: string): string => join(stateDir, "ledger.db")

/** An open ledger: its file by device and inode, so that one that was deleted or replaced meanwhile is noticed. */
export interface OpenLedger {
  readonly database: DatabaseSync
  readonly tx: Tx
  readonly file: string
}

/** Device and inode of the file at a path; empty when there is none. */
export const fileAt = (path: string): string => {
  const stat = statSync(path, { throwIfNoEntry: false, bigint: true })
  return stat === undefined ? "" : `${stat.dev}:${stat.ino}`
}

/** Room for the record of some thousand VMs: what has to be read again is the cost of an attach otherwise. */
const cacheKib = 16_384

export const openDatabase = (stateDir: string, timeout: number): OpenLedger => {
  ensureStateDir(stateDir)
  const database = new DatabaseSync(ledgerFile(stateDir), { timeout })
  try {
    database.exec("PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL; PRAGMA foreign_keys = ON")
    database.exec(`PRAGMA temp_store = MEMORY; PRAGMA cache_size = -${cacheKib}`)
    return { database, tx: statementsOf(database), file: fileAt(ledgerFile(stateDir)) }
  } catch (cause) {
    database.close()
    throw cause
  }
}

export const statementsOf = (database: DatabaseSync): Tx => {
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

export const inTransaction = <A>(database: DatabaseSync, end: "COMMIT" | "ROLLBACK", f: () => A): A =>
  within(database, "BEGIN IMMEDIATE", end, f)

/** Reads all of it as it is at one moment, whatever another process commits meanwhile. */
export const atOneMoment = <A>(database: DatabaseSync, f: () => A): A => within(database, "BEGIN", "COMMIT", f)

const within = <A>(database: DatabaseSync, begin: string, end: "COMMIT" | "ROLLBACK", f: () => A): A => {
  database.exec(begin)
  try {
    const result = f()
    database.exec(end)
    return result
  } catch (cause) {
    rollBack(database)
    throw cause
  }
}

/** SQLite has already rolled back by itself after a full disk or an I/O error; what it says of it now is no news. */
const rollBack = (database: DatabaseSync): void => {
  try {
    if (database.isTransaction) database.exec("ROLLBACK")
  } catch {
    // Closing the connection is what is left, and the next transaction begins with a new one.
  }
}
