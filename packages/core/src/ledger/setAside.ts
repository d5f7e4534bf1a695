import { Effect } from "effect"
import { existsSync, renameSync } from "node:fs"
import type { VmnetError } from "../errors/VmnetError.ts"
import { examineFile } from "./examine.ts"
import { isDamaged, ledgerError } from "./ledgerErrors.ts"
import { fileAt, ledgerFile } from "./openDatabase.ts"

/** What belongs to one database; the log and its index mean nothing beside another (sqlite.org/wal.html). */
const suffixes = ["-wal", "-shm", ""] as const

export const attemptOn = <A>(stateDir: string, name: string, f: () => A): Effect.Effect<A, VmnetError> =>
  Effect.try({ try: f, catch: (cause) => ledgerError(name, stateDir, cause) })

/**
 * Renames the files together, the database last: until then whoever opens it finds it damaged still. What is whole is left
 * alone: another process may have done the same a moment ago, and this be the new one.
 */
export const setFilesAside = (stateDir: string): Effect.Effect<string, VmnetError> =>
  attemptOn(stateDir, "set the damaged ledger aside", () => {
    const file = ledgerFile(stateDir)
    const examined = fileAt(file)
    const aside = freePlace(`${file}.damaged-${timeOfDay()}`)
    if (!isStillDamaged(stateDir) || fileAt(file) !== examined) return aside
    for (const suffix of suffixes) {
      if (existsSync(`${file}${suffix}`)) renameSync(`${file}${suffix}`, `${aside}${suffix}`)
    }
    return aside
  })

const isStillDamaged = (stateDir: string): boolean => {
  try {
    examineFile(stateDir)
    return false
  } catch (cause) {
    return isDamaged(ledgerError("examine the ledger", stateDir, cause))
  }
}

/** `20260131T235959Z` */
const timeOfDay = (): string => new Date().toISOString().replaceAll(/[-:]|\.\d+/g, "")

const freePlace = (path: string): string => {
  let place = path
  for (let count = 2; existsSync(place); count++) place = `${path}-${count}`
  return place
}
