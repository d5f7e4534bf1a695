import { existsSync } from "node:fs"
import { DatabaseSync } from "node:sqlite"
import { damaged } from "./ledgerErrors.ts"
import { ledgerFile } from "./openDatabase.ts"
import { upgrades } from "./schema.ts"

/** Every column that is read as JSON. */
const json: Readonly<Record<string, ReadonlyArray<string>>> = {
  networks: ["spec"],
  leases: ["request", "lease", "attachment", "creator", "problems"],
  resources: ["resource", "memo"]
}

const textOf = (row: Readonly<Record<string, unknown>> | undefined): string => `${Object.values(row ?? {})[0]}`

const pages = (database: DatabaseSync): string | undefined => {
  const verdict = textOf(database.prepare("PRAGMA integrity_check(1)").get())
  return verdict === "ok" ? undefined : verdict
}

const tables = (database: DatabaseSync): string =>
  JSON.stringify(
    database.prepare("SELECT type, name, sql FROM sqlite_schema WHERE sql IS NOT NULL ORDER BY type, name").all()
  )

/** What the tables of a format are by definition: a bit of that changed is another column, or none. */
const tablesOf = (version: number): string => {
  const memory = new DatabaseSync(":memory:")
  try {
    for (const upgrade of upgrades.slice(0, version)) memory.exec(upgrade)
    return tables(memory)
  } finally {
    memory.close()
  }
}

const schema = (database: DatabaseSync): string | undefined => {
  const version = Number(textOf(database.prepare("PRAGMA user_version").get()))
  if (version > upgrades.length) return undefined
  return tables(database) === tablesOf(version) ? undefined : "its tables are not those of a ledger"
}

/** One that somebody is just making has no rows yet, and no tables to look for them in. */
const values = (database: DatabaseSync): string | undefined => {
  if (tables(database) === tablesOf(0)) return undefined
  for (const [table, columns] of Object.entries(json)) {
    const broken = columns.map((column) => `NOT json_valid(COALESCE(${column}, '{}'))`).join(" OR ")
    if (database.prepare(`SELECT 1 FROM ${table} WHERE ${broken} LIMIT 1`).get() !== undefined) {
      return `a row of ${table} cannot be read`
    }
  }
  return undefined
}

/** Reads everything: each page, row and index, the definitions, and what is inside of the rows. Throws what is wrong. */
export const examineFile = (stateDir: string): void => {
  if (!existsSync(ledgerFile(stateDir))) return
  const database = new DatabaseSync(ledgerFile(stateDir), { readOnly: true })
  try {
    // As it is at one moment: what another process is just preparing is not at odds with itself.
    database.exec("BEGIN")
    const problem = pages(database) ?? schema(database) ?? values(database)
    if (problem !== undefined) throw damaged(stateDir, problem)
  } finally {
    database.close()
  }
}
