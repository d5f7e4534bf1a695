import { type Sight, type StateDirectoryFacts } from "@vmnet/core"
import { accessSync, closeSync, constants, fstatSync, lstatSync, openSync, readSync, statfsSync } from "node:fs"
import { join, resolve } from "node:path"
import { isMissing, look } from "./look.ts"

type Seen<A> = [A] extends [Sight<infer B>] ? B : never
type Ledger = Seen<StateDirectoryFacts["ledger"]>
type Unwritable = Seen<StateDirectoryFacts["unwritable"]>

const magic = Buffer.from("SQLite format 3\0")
/** Where the number of the format stands in the first page (sqlite.org/fileformat.html, "user version"). */
const versionAt = 60
const headLength = 100

const formatOf = (head: Buffer): number | null =>
  head.length === headLength && head.subarray(0, magic.length).equals(magic) ? head.readUInt32BE(versionAt) : null

/** Its first bytes, without opening it as a database: that would make files beside it. */
const readLedger = (path: string): Ledger => {
  const fd = openSync(path, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK)
  try {
    const stat = fstatSync(fd)
    if (!stat.isFile()) return { bytes: stat.size, format: null }
    const head = Buffer.alloc(headLength)
    return { bytes: stat.size, format: formatOf(head.subarray(0, readSync(fd, head, 0, headLength, 0))) }
  } finally {
    closeSync(fd)
  }
}

const ledgerIn = (stateDir: string): Ledger => {
  try {
    return readLedger(join(stateDir, "ledger.db"))
  } catch (cause) {
    if (isMissing(cause)) return null
    throw cause
  }
}

/** Nothing is written to find out. Some file systems have no figure for what they have without limit: 0 of 0. */
const whyUnwritable = (path: string): Unwritable => {
  try {
    accessSync(path, constants.W_OK | constants.X_OK)
  } catch (cause) {
    const code = cause instanceof Error && "code" in cause ? cause.code : undefined
    if (code === "EROFS") return "read-only"
    if (code === "EACCES" || code === "EPERM") return "denied"
    throw cause
  }
  const { bavail, bfree, blocks, ffree, files } = statfsSync(path)
  // Some blocks are root's alone.
  if (blocks > 0 && (process.geteuid?.() === 0 ? bfree : bavail) === 0) return "blocks"
  return files > 0 && ffree === 0 ? "inodes" : null
}

export const stateDirectory = (stateDir: string | null): StateDirectoryFacts | null => {
  if (stateDir === null) return null
  // Without a slash at its end, which would have a link followed.
  const path = resolve(stateDir)
  const stat = lstatSync(path, { throwIfNoEntry: false })
  if (stat === undefined) return null
  const kind = stat.isDirectory() ? "directory" : stat.isSymbolicLink() ? "link" : "other"
  return {
    kind,
    uid: stat.uid,
    mode: stat.mode & 0o777,
    unwritable: look(() => (kind === "directory" ? whyUnwritable(path) : null)),
    ledger: look(() => (kind === "directory" ? ledgerIn(path) : null))
  }
}
