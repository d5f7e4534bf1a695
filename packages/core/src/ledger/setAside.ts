import { Effect } from "effect"
import { existsSync, renameSync } from "node:fs"
import { join } from "node:path"
import { DatabaseSync } from "node:sqlite"
import type { VmnetError } from "../errors/VmnetError.ts"
import { examineFile } from "./examine.ts"
import { isDamaged, ledgerError } from "./ledgerErrors.ts"
import { ledgerFile } from "./openDatabase.ts"

/** What belongs to one database; the log and its index mean nothing beside another (sqlite.org/wal.html). */
const suffixes = ["-wal", "-shm", ""] as const

export const attemptOn = <A>(stateDir: string, name: string, f: () => A): Effect.Effect<A, VmnetError> =>
  Effect.try({ try: f, catch: (cause) => ledgerError(name, stateDir, cause) })

/** Held, in the way of SQLite, by whoever sets a ledger aside; an empty file that is never deleted (a lock is its inode). */
export const setAsideLock = (stateDir: string): string => join(stateDir, "damaged.lock")

/** How long another process may take to do the same, in milliseconds. */
const patience = 10_000

/** While no other process sets anything aside here. The lock ends with the process. */
const alone = <A>(stateDir: string, f: () => A): A => {
  const lock = new DatabaseSync(setAsideLock(stateDir), { timeout: patience })
  try {
    lock.exec("BEGIN EXCLUSIVE")
    return f()
  } finally {
    lock.close()
  }
}

/**
 * Renames the files together, the database last: until then whoever opens it finds it damaged still. It is judged where
 * nobody else can exchange it before it is renamed: another process may have done the same a moment ago, and what is there
 * now be the new one. Gives nothing then.
 */
export const setFilesAside = (stateDir: string): Effect.Effect<string | undefined, VmnetError> =>
  attemptOn(stateDir, "set the damaged ledger aside", () =>
    alone(stateDir, () => {
      if (!isStillDamaged(stateDir)) return undefined
      const file = ledgerFile(stateDir)
      const aside = freePlace(`${file}.damaged-${timeOfDay()}`)
      for (const suffix of suffixes) {
        if (existsSync(`${file}${suffix}`)) renameSync(`${file}${suffix}`, `${aside}${suffix}`)
      }
      return aside
    })
  )

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
