import type { Tx } from "./Ledger.ts"
import { word } from "./word.ts"

/**
 * `creating` and `removing` are only seen while somebody holds the share's lock, or after he died holding it. An `orphan`
 * was found when the ledger was begun anew: nobody knows whether it is all there, so nobody relies on it.
 */
export type ShareState = (typeof states)[number]
const states = ["creating", "present", "removing", "orphan"] as const

/** The subject its resources are recorded and tagged under; VM names cannot begin with `@`. */
export const shareSubject = (key: string): string => `@${key}`

export const shareState = (tx: Tx, key: string): ShareState | undefined => {
  const row = tx.get<{ state: string }>("SELECT state FROM shares WHERE key = ?", key)
  return row === undefined ? undefined : word(states, row.state)
}

/** `rank` orders shares by need: a share may rely on those of lower rank. */
export const insertShare = (tx: Tx, key: string, rank: number, state: ShareState = "creating"): void =>
  tx.run("INSERT INTO shares (key, state, rank) VALUES (?, ?, ?)", key, state, rank)

export const setShareState = (tx: Tx, key: string, state: ShareState): void =>
  tx.run("UPDATE shares SET state = ? WHERE key = ?", state, key)

export const deleteShare = (tx: Tx, key: string): void => tx.run("DELETE FROM shares WHERE key = ?", key)

/** A hold is a row per lease, so the count is counted anew each time and cannot drift. */
export const holdShare = (tx: Tx, key: string, vm: string): void =>
  tx.run("INSERT INTO holds (share, vm) VALUES (?, ?)", key, vm)

export const isHeld = (tx: Tx, key: string): boolean =>
  tx.get("SELECT 1 FROM holds WHERE share = ? LIMIT 1", key) !== undefined

/**
 * Shares nobody holds any more, those that rely on others first: the order to remove them in. Whoever is in `without`
 * counts as nobody.
 */
export const unheldShares = (tx: Tx, without: ReadonlySet<string> = new Set()): ReadonlyArray<string> =>
  tx
    .all<{ key: string }>(
      `SELECT key FROM shares s WHERE NOT EXISTS
         (SELECT 1 FROM holds h WHERE h.share = s.key AND h.vm NOT IN (SELECT value FROM json_each(?)))
       ORDER BY rank DESC`,
      JSON.stringify([...without])
    )
    .map((row) => row.key)
