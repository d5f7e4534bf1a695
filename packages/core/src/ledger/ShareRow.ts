import type { Tx } from "./Ledger.ts"

/** `creating` and `removing` are only seen while somebody holds the share's lock, or died holding it. */
export type ShareState = "creating" | "present" | "removing"

export const shareState = (tx: Tx, key: string): ShareState | undefined =>
  tx.get<{ state: ShareState }>("SELECT state FROM shares WHERE key = ?", key)?.state

export const setShareState = (tx: Tx, key: string, state: ShareState): void =>
  tx.run("INSERT INTO shares (key, state) VALUES (?1, ?2) ON CONFLICT (key) DO UPDATE SET state = ?2", key, state)

export const deleteShare = (tx: Tx, key: string): void => tx.run("DELETE FROM shares WHERE key = ?", key)

/** A hold is a row per lease, so the count can be counted anew at any time and never drifts. */
export const holdShare = (tx: Tx, key: string, vm: string): void =>
  tx.run("INSERT INTO holds (share, vm) VALUES (?, ?)", key, vm)

export const holdsOf = (tx: Tx, key: string): number =>
  tx.get<{ count: number }>("SELECT COUNT(*) AS count FROM holds WHERE share = ?", key)!.count

export const sharesHeldBy = (tx: Tx, vm: string): ReadonlyArray<string> =>
  tx.all<{ share: string }>("SELECT share FROM holds WHERE vm = ?", vm).map((row) => row.share)

export const allShares = (tx: Tx): ReadonlyArray<string> =>
  tx.all<{ key: string }>("SELECT key FROM shares ORDER BY key").map((row) => row.key)
