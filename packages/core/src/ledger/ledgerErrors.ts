import { VmnetError } from "../errors/VmnetError.ts"

/**
 * Why a ledger cannot be used: it is `damaged`, its file system does not take a write (`unwritable`), it is not ours to
 * use (`newer`, `foreign`), or it is about another network namespace (`elsewhere`).
 */
export type LedgerTrouble = "damaged" | "unwritable" | "newer" | "foreign" | "elsewhere"

const troubleOf = ({ details }: VmnetError): unknown => details?.["ledger"]

export const isDamaged = (error: VmnetError): boolean => troubleOf(error) === "damaged"

export const isUnwritable = (error: VmnetError): boolean => troubleOf(error) === "unwritable"

export const isElsewhere = (error: VmnetError): boolean => troubleOf(error) === "elsewhere"

/** Primary result codes of SQLite (sqlite.org/rescode.html); extended ones have more bits above them. */
const troubles: Readonly<Record<number, LedgerTrouble>> = {
  3: "unwritable", // SQLITE_PERM
  8: "unwritable", // SQLITE_READONLY
  10: "unwritable", // SQLITE_IOERR
  11: "damaged", // SQLITE_CORRUPT
  13: "unwritable", // SQLITE_FULL
  14: "unwritable", // SQLITE_CANTOPEN
  26: "damaged" // SQLITE_NOTADB
}

const systemErrors: ReadonlySet<unknown> = new Set(["EROFS", "ENOSPC", "EDQUOT", "EACCES", "EPERM", "EIO"])

const primaryCode = (cause: unknown): number | undefined =>
  cause instanceof Error && "errcode" in cause && typeof cause.errcode === "number" ? cause.errcode & 0xff : undefined

/** What only happens when the tables are not those that this code has made. */
const isUnlikeOurs = (cause: unknown): boolean =>
  cause instanceof SyntaxError ||
  (primaryCode(cause) === 1 && cause instanceof Error && /^no such (table|column)/.test(cause.message))

const trouble = (cause: unknown): LedgerTrouble | undefined => {
  const code = primaryCode(cause)
  if (code !== undefined && troubles[code] !== undefined) return troubles[code]
  if (isUnlikeOurs(cause)) return "damaged"
  return cause instanceof Error && "code" in cause && systemErrors.has(cause.code) ? "unwritable" : undefined
}

const hintOf = (kind: LedgerTrouble, stateDir: string): string =>
  kind === "damaged"
    ? "Run vmnet gc: it sets the files aside, keeps them, and begins a new ledger with what the kernel says is ours."
    : `Make ${stateDir} writable or free some space (df ${stateDir}), then run it again. down and gc work without.`

const words = (cause: unknown): string => (cause instanceof Error ? cause.message : String(cause))

export const ledgerError = (name: string, stateDir: string, cause: unknown): VmnetError => {
  if (cause instanceof VmnetError) return cause
  if (primaryCode(cause) === 5) {
    return new VmnetError({ code: "BUSY", detail: `${name}: the ledger is busy`, hint: "Try again.", cause })
  }
  const kind = trouble(cause)
  if (kind === undefined) return new VmnetError({ code: "LEDGER_FAILED", detail: `${name}: ${words(cause)}`, cause })
  return new VmnetError({
    code: "LEDGER_FAILED",
    detail: `${name}: the ledger in ${stateDir} is ${kind === "damaged" ? "damaged" : "not writable"}: ${words(cause)}`,
    hint: hintOf(kind, stateDir),
    details: { ledger: kind, stateDir },
    cause
  })
}

export const damaged = (stateDir: string, what: string): VmnetError =>
  new VmnetError({
    code: "LEDGER_FAILED",
    detail: `the ledger in ${stateDir} is damaged: ${what}`,
    hint: hintOf("damaged", stateDir),
    details: { ledger: "damaged", stateDir }
  })

export const foreign = (stateDir: string, whose: string): VmnetError =>
  new VmnetError({
    code: "LEDGER_FAILED",
    detail: `${stateDir}/ledger.db is ${whose}`,
    hint: "It was left alone. Use another --state-dir, or move the file away if it is nobody's.",
    details: { ledger: "foreign", stateDir }
  })

/** Namespaces by device and inode; people know them by the inode, from `net:[4026531840]`. */
export const elsewhere = (stateDir: string, known: string, present: string): VmnetError =>
  new VmnetError({
    code: "LEDGER_FAILED",
    detail: `the ledger in ${stateDir} is about VMs in another network namespace, ${nsfs(known)} (this one is ${nsfs(present)})`,
    hint: `Run it there, not under ip netns exec or in a container, or use another --state-dir. If that namespace is gone for good (lsns -t net), so is what was in it: move ${stateDir}/ledger.db away.`,
    details: { ledger: "elsewhere", stateDir, netns: known, present }
  })

const nsfs = (identity: string): string => `net:[${identity.split(":").at(-1)}]`
