import { lstatSync, mkdirSync } from "node:fs"
import { resolve } from "node:path"
import { VmnetError } from "../errors/VmnetError.ts"

const notYours = (stateDir: string, what: string): VmnetError =>
  new VmnetError({
    code: "NO_PERMISSION",
    detail: `state directory ${stateDir} ${what}`,
    hint: "Run it as its owner (sudo vmnet ...), or choose another with --state-dir."
  })

const refuse = (stateDir: string, what: string): VmnetError =>
  new VmnetError({
    code: "LEDGER_FAILED",
    detail: `state directory ${stateDir} ${what}`,
    hint: `Use a directory that only you can enter: chmod 0700 ${stateDir}, or choose another with --state-dir.`
  })

const notDirectory = (stateDir: string): VmnetError =>
  new VmnetError({
    code: "LEDGER_FAILED",
    detail: `state directory ${stateDir} is not a directory (a symbolic link is not followed)`,
    hint: "Choose another with --state-dir."
  })

/**
 * Makes the state directory 0700 from birth, or checks the one that is there: a real directory (no symbolic link), ours,
 * closed to everybody else. Throws a `VmnetError` otherwise; nothing is repaired, somebody else may be using it.
 */
export const ensureStateDir = (stateDir: string): void => {
  // Without a slash at its end, which would have the link followed.
  const path = resolve(stateDir)
  if (lstatSync(path, { throwIfNoEntry: false }) === undefined) mkdirSync(path, { recursive: true, mode: 0o700 })
  const stat = lstatSync(path)
  if (!stat.isDirectory()) throw notDirectory(stateDir)
  if (stat.uid !== process.geteuid!()) throw notYours(stateDir, `belongs to uid ${stat.uid}, not to you`)
  if ((stat.mode & 0o077) !== 0) throw refuse(stateDir, `is open to others (mode ${(stat.mode & 0o777).toString(8)})`)
}
