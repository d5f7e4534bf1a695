import type { Tx } from "./Ledger.ts"

/**
 * A VM whose objects are in the kernel and whose record is lost: found when a new ledger was begun. It has resources, holds
 * and ports, but no lease. What is not known of it is an empty text.
 */
export interface Orphan {
  readonly vm: string
  readonly generation: number
  readonly device: string
  /** Where the device is; null is the host's own namespace. */
  readonly netns: string | null
  readonly address: string
  readonly network: string
}

const prefix = "orphan:"

export const findOrphan = (tx: Tx, vm: string): Orphan | undefined => {
  const row = tx.get<{ value: string }>("SELECT value FROM meta WHERE key = ?", `${prefix}${vm}`)
  return row === undefined ? undefined : JSON.parse(row.value)
}

/** A range of the primary key: nothing is read where there are none. */
export const allOrphans = (tx: Tx): ReadonlyArray<Orphan> =>
  tx
    .all<{ value: string }>("SELECT value FROM meta WHERE key >= 'orphan:' AND key < 'orphan;' ORDER BY key")
    .map(({ value }) => JSON.parse(value))

export const putOrphan = (tx: Tx, orphan: Orphan): void =>
  tx.run("INSERT OR REPLACE INTO meta (key, value) VALUES (?, ?)", `${prefix}${orphan.vm}`, JSON.stringify(orphan))

/** Forgets an orphan and what was reserved for it. */
export const deleteOrphan = (tx: Tx, vm: string): void => {
  tx.run("DELETE FROM meta WHERE key = ?", `${prefix}${vm}`)
  for (const table of ["resources", "identifiers", "ports", "holds", "addresses"]) {
    tx.run(`DELETE FROM ${table} WHERE ${table === "resources" ? "subject" : "vm"} = ?`, vm)
  }
}

const everyNetwork = ""

/** Which network an orphan's address was from is not known: it is kept from all of them. */
export const holdOrphanAddress = (tx: Tx, vm: string, position: number, address: string): void =>
  tx.run(
    "INSERT OR IGNORE INTO addresses (network, position, address, vm, cooling) VALUES (?, ?, ?, ?, NULL)",
    everyNetwork,
    position,
    address,
    vm
  )

/** The orphan that has an address; the position is the address as a number. */
export const orphanAt = (tx: Tx, position: number): string | undefined =>
  tx.get<{ vm: string }>("SELECT vm FROM addresses WHERE network = ? AND position = ?", everyNetwork, position)?.vm

/** The orphans that hold a share. */
export const orphansOn = (tx: Tx, share: string): ReadonlyArray<string> =>
  tx
    .all<{ vm: string }>(
      "SELECT vm FROM holds WHERE share = ? AND EXISTS (SELECT 1 FROM meta WHERE key = 'orphan:' || holds.vm) ORDER BY vm",
      share
    )
    .map(({ vm }) => vm)

/** The devices of orphans, and who has each; a bridge is everybody's who is behind it. */
export const orphanDevices = (tx: Tx): ReadonlyMap<string, ReadonlyArray<string>> => {
  const own = allOrphans(tx).flatMap(({ vm }) =>
    tx
      .all<{ value: string }>("SELECT value FROM identifiers WHERE kind = 'device' AND vm = ?", vm)
      .map(({ value }) => [value, [vm]] as const)
  )
  const shared = tx
    .all<{ share: string; link: string }>(
      `SELECT s.key AS share, json_extract(r.resource, '$.link') AS link FROM shares s
       JOIN resources r ON r.subject = '@' || s.key WHERE s.state = 'orphan' AND link IS NOT NULL`
    )
    .map(({ link, share }) => [link, orphansOn(tx, share)] as const)
  return new Map([...shared, ...own])
}
