import { Effect } from "effect"
import { existsSync, renameSync } from "node:fs"
import { DatabaseSync } from "node:sqlite"
import type { VmnetError } from "../errors/VmnetError.ts"
import { damaged, ledgerError } from "./ledgerErrors.ts"
import { ledgerFile } from "./openDatabase.ts"

/** What belongs to one database; the log and its index mean nothing beside another (sqlite.org/wal.html). */
const suffixes = ["-wal", "-shm", ""] as const

const attempt = <A>(stateDir: string, name: string, f: () => A): Effect.Effect<A, VmnetError> =>
  Effect.try({ try: f, catch: (cause) => ledgerError(name, stateDir, cause) })

/** `PRAGMA quick_check`: every page, row and index but not each against the other (sqlite.org/pragma.html). */
export const examineFile = (stateDir: string): Effect.Effect<void, VmnetError> =>
  attempt(stateDir, "examine the ledger", () => {
    if (!existsSync(ledgerFile(stateDir))) return
    const database = new DatabaseSync(ledgerFile(stateDir), { readOnly: true })
    try {
      const [found] = database.prepare("PRAGMA quick_check(1)").all()
      const verdict = `${Object.values(found ?? {})[0]}`
      if (verdict !== "ok") throw damaged(stateDir, verdict)
    } finally {
      database.close()
    }
  })

/** Renames the files together, the database last: until then whoever opens it finds it damaged still. */
export const setFilesAside = (stateDir: string): Effect.Effect<string, VmnetError> =>
  attempt(stateDir, "set the damaged ledger aside", () => {
    const aside = freePlace(`${ledgerFile(stateDir)}.damaged-${timeOfDay()}`)
    for (const suffix of suffixes) {
      const path = `${ledgerFile(stateDir)}${suffix}`
      if (existsSync(path)) renameSync(path, `${aside}${suffix}`)
    }
    return aside
  })

/** `20260131T235959Z` */
const timeOfDay = (): string => new Date().toISOString().replaceAll(/[-:]|\.\d+/g, "")

const freePlace = (path: string): string => {
  let place = path
  for (let count = 2; existsSync(place); count++) place = `${path}-${count}`
  return place
}
