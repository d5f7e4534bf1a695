import type { Tx } from "../ledger/Ledger.ts"

/** The positions a network has to give: 0 to `size` - 1, each standing for one guest address of its pool. */
export interface AddressSpace {
  readonly network: string
  readonly size: number
}

export interface AddressRequest {
  readonly vm: string
  /** Where the search begins: 0 for the lowest, or a hash of the VM's name so that it keeps its address. */
  readonly start: number
  readonly now: number
}

/**
 * The first free position from `start` on, around the end; the last free one is always found. Positions that cool down
 * are passed over while others are free (but a VM gets its own back at once), then the one released longest ago is
 * taken. `undefined` when every one is held. The cost is that of the run of neighbours in use, not of all in use.
 */
export const findPosition = (tx: Tx, space: AddressSpace, request: AddressRequest): number | undefined => {
  forgetCooled(tx, space.network, request.now)
  return (
    ownCooling(tx, space, request) ??
    firstFree(tx, space, request.start, space.size - 1) ??
    firstFree(tx, space, 0, request.start - 1) ??
    longestCooling(tx, space)
  )
}

/** The primary key refuses a position that somebody holds, whoever looked before. */
export const holdPosition = (tx: Tx, network: string, position: number, address: string, vm: string): void => {
  tx.run("DELETE FROM addresses WHERE network = ? AND position = ? AND cooling IS NOT NULL", network, position)
  tx.run(
    "INSERT INTO addresses (network, position, address, vm, cooling) VALUES (?, ?, ?, ?, NULL)",
    network,
    position,
    address,
    vm
  )
}

/** The VM that holds a position now; one that only cools down is held by nobody. */
export const positionHolder = (tx: Tx, network: string, position: number): string | undefined =>
  tx.get<{ vm: string }>(
    "SELECT vm FROM addresses WHERE network = ? AND position = ? AND cooling IS NULL",
    network,
    position
  )?.vm

/** Gives a VM's addresses back; with `until` (epoch milliseconds) they cool down first. */
export const releaseAddresses = (tx: Tx, vm: string, until: number | undefined): void =>
  until === undefined
    ? tx.run("DELETE FROM addresses WHERE vm = ? AND cooling IS NULL", vm)
    : tx.run("UPDATE addresses SET cooling = ? WHERE vm = ? AND cooling IS NULL", until, vm)

/** How many positions are held, those that cool down not counted. */
export const heldCount = (tx: Tx, network: string): number =>
  tx.get<{ count: number }>("SELECT COUNT(*) AS count FROM addresses WHERE network = ? AND cooling IS NULL", network)!
    .count

const forgetCooled = (tx: Tx, network: string, now: number): void =>
  tx.run("DELETE FROM addresses WHERE network = ? AND cooling IS NOT NULL AND cooling <= ?", network, now)

const ownCooling = (tx: Tx, space: AddressSpace, request: AddressRequest): number | undefined =>
  tx.get<{ position: number }>(
    "SELECT position FROM addresses WHERE vm = ? AND network = ? AND cooling IS NOT NULL LIMIT 1",
    request.vm,
    space.network
  )?.position

const longestCooling = (tx: Tx, space: AddressSpace): number | undefined =>
  tx.get<{ position: number }>(
    "SELECT position FROM addresses WHERE network = ? AND cooling IS NOT NULL ORDER BY cooling LIMIT 1",
    space.network
  )?.position

/** `from` itself when nobody has it, else the first position behind the run of taken ones it stands in. */
const firstFree = (tx: Tx, { network }: AddressSpace, from: number, to: number): number | undefined => {
  if (from > to) return undefined
  if (tx.get("SELECT 1 FROM addresses WHERE network = ? AND position = ?", network, from) === undefined) return from
  const row = tx.get<{ next: number }>(
    `SELECT a.position + 1 AS next FROM addresses a
     WHERE a.network = ?1 AND a.position >= ?2
       AND NOT EXISTS (SELECT 1 FROM addresses b WHERE b.network = ?1 AND b.position = a.position + 1)
     ORDER BY a.position LIMIT 1`,
    network,
    from
  )
  return row !== undefined && row.next <= to ? row.next : undefined
}
