import { copyFileSync, existsSync, rmSync } from "node:fs"

const suffixes = ["", "-wal", "-shm"]

/**
 * The ledger's files as they are now, to be put back later: every kill starts from the very same records, so that it can be
 * repeated alone. Only while nobody has them open.
 */
export const keepRecords = (stateDir: string, copy: string): (() => void) => {
  const file = `${stateDir}/ledger.db`
  const kept = suffixes.filter((suffix) => existsSync(`${file}${suffix}`))
  for (const suffix of kept) copyFileSync(`${file}${suffix}`, `${copy}${suffix}`)
  return () => {
    for (const suffix of suffixes) rmSync(`${file}${suffix}`, { force: true })
    for (const suffix of kept) copyFileSync(`${copy}${suffix}`, `${file}${suffix}`)
  }
}
