import { copyFileSync, existsSync, rmSync } from "node:fs"

const suffixes = ["", "-wal", "-shm"]

/** Files of a ledger that are there take the place of those of another. Only while nobody has either open. */
const copyLedger = (from: string, to: string): void => {
  for (const suffix of suffixes) {
    rmSync(`${to}${suffix}`, { force: true })
    if (existsSync(`${from}${suffix}`)) copyFileSync(`${from}${suffix}`, `${to}${suffix}`)
  }
}

/** The ledger's files as they are at some stage, to be put back later. */
export const recordsOf = <Stage extends string>(stateDir: string, copies: string) => {
  const file = `${stateDir}/ledger.db`
  const copyOf = (stage: Stage) => `${copies}/${stage}.db`
  return {
    keep: (stage: Stage) => copyLedger(file, copyOf(stage)),
    restore: (stage: Stage) => copyLedger(copyOf(stage), file)
  }
}
