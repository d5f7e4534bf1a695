import { VmnetError } from "../errors/VmnetError.ts"
import type { Tx } from "./Ledger.ts"
import type { LedgerOptions } from "./LedgerSqlite.ts"
import { damaged, elsewhere, foreign } from "./ledgerErrors.ts"
import { applicationId, forgetBoot, schemaVersion, upgrades } from "./schema.ts"

export interface Preparing {
  readonly stateDir: string
  readonly install: string
  readonly bootId: string
  /** Whether somebody will look at the kernel for what a ledger before this one knew. */
  readonly looks: boolean
  /** The network namespace that whoever may change it is in; absent for who changes none. */
  readonly netns?: string
}

/** Whoever gives `rebuild` looks. */
export const preparingOf = (options: LedgerOptions, bootId: string): Preparing => {
  const { install, netns, rebuild, stateDir } = options
  return { install, stateDir, bootId, looks: rebuild !== undefined, ...(netns !== undefined && { netns }) }
}

/** What is in a file, before anything is done to it. */
type Found = "ready" | "toPrepare"

const pragma = (tx: Tx, key: "application_id" | "user_version"): number =>
  Number(tx.get<Record<string, number>>(`PRAGMA ${key}`)?.[key] ?? 0)

const meta = (tx: Tx, key: string): string | undefined =>
  tx.get<{ value: string }>("SELECT value FROM meta WHERE key = ?", key)?.value

const isEmpty = (tx: Tx): boolean => tx.get("SELECT 1 FROM sqlite_schema LIMIT 1") === undefined

const hasTable = (tx: Tx, table: string): boolean =>
  tx.get("SELECT 1 FROM sqlite_schema WHERE type = 'table' AND name = ?", table) !== undefined

/** Whether the file is a ledger of this install that this vmnet may use; throws a `VmnetError` when it is not. Reads only. */
export const judgeFile = (tx: Tx, options: Preparing): Found => {
  const { bootId, install, stateDir } = options
  const application = pragma(tx, "application_id")
  const version = pragma(tx, "user_version")
  if (application !== 0 && application !== applicationId) {
    throw foreign(stateDir, `another application's (application id ${application})`)
  }
  if (version > schemaVersion) throw newer(version)
  if (isEmpty(tx)) return "toPrepare"
  // Ledgers have not always had an application id.
  const isLedger = version > 0 && hasTable(tx, "meta") && hasTable(tx, "leases")
  if (!isLedger && application === 0) throw foreign(stateDir, "another application's: it has no tables of ours")
  if (!isLedger) throw damaged(stateDir, "its tables are not those of a ledger")
  const whose = meta(tx, "install")
  if (whose !== undefined && whose !== install) {
    throw foreign(stateDir, `the ledger of another install, ${whose} (this one is ${install})`)
  }
  const isCurrent = application === applicationId && version === schemaVersion && whose !== undefined
  return isCurrent && meta(tx, "boot") === bootId ? judgeNamespace(tx, options) : "toPrepare"
}

/**
 * Whether the objects on record are in the network namespace that we are in: from another one every one of them seems to be
 * gone, and would be made again there, or forgotten. The kernel may give the inode of a namespace that is gone to a new
 * one; then this one is taken for it, as it would be without the entry. A record of nothing is about wherever it is used.
 */
export const judgeNamespace = (tx: Tx, { netns, stateDir }: Pick<Preparing, "netns" | "stateDir">): Found => {
  const known = meta(tx, "netns")
  if (netns === undefined || known === netns) return "ready"
  if (known !== undefined && tx.get("SELECT 1 FROM resources LIMIT 1") !== undefined) {
    throw elsewhere(stateDir, known, netns)
  }
  return "toPrepare"
}

const newer = (version: number): VmnetError =>
  new VmnetError({
    code: "LEDGER_FAILED",
    detail: `the ledger has format ${version}, this vmnet writes format ${schemaVersion}`,
    hint: "Use the newer vmnet that wrote it, or another --state-dir.",
    details: { ledger: "newer" }
  })

/**
 * Creates or upgrades the tables, says whose they are, and forgets what died with an earlier boot. That it is dead is then
 * for the kernel to say: which boot it was is a text in a file.
 */
export const prepare = (tx: Tx, exec: (sql: string) => void, options: Preparing): void => {
  if (judgeFile(tx, options) === "ready") return
  for (const upgrade of upgrades.slice(pragma(tx, "user_version"))) exec(upgrade)
  exec(`PRAGMA user_version = ${schemaVersion}; PRAGMA application_id = ${applicationId}`)
  const isNew = meta(tx, "boot") !== options.bootId
  if (isNew) exec(forgetBoot)
  putMeta(tx, "boot", options.bootId)
  putMeta(tx, "install", options.install)
  if (options.netns !== undefined) putMeta(tx, "netns", options.netns)
  if (isNew && options.looks) putMeta(tx, rebuilding, "due")
}

export const putMeta = (tx: Tx, key: string, value: string): void =>
  tx.run("INSERT OR REPLACE INTO meta (key, value) VALUES (?, ?)", key, value)

/** Set from the moment a ledger is new until what the kernel says is in it. */
export const rebuilding = "rebuild"

export const isRebuildDue = (tx: Tx): boolean => meta(tx, rebuilding) !== undefined

/** Of two processes that have looked at once, the first to come records what he saw; the other has no need to. */
export const finishRebuild = (tx: Tx, record: (tx: Tx) => void): void => {
  if (!isRebuildDue(tx)) return
  record(tx)
  tx.run("DELETE FROM meta WHERE key = ?", rebuilding)
}
