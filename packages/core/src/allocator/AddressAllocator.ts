import type { Tx } from "../ledger/Ledger.ts"

/** The addresses a network may give, as unsigned 32-bit numbers, with inclusive ranges that are never given. */
export interface AddressSpace {
  readonly network: string
  readonly first: number
  readonly last: number
  /** Sorted, disjoint. */
  readonly reserved: ReadonlyArray<readonly [first: number, last: number]>
}

export interface AddressRequest {
  readonly vm: string
  /** Where the search begins: the lowest address, or a hash of the VM's name so that it keeps its address. */
  readonly start: number
  readonly now: number
}

interface AddressRow {
  readonly address: number
  readonly vm: string
  readonly cooling: number | null
}

/**
 * The first free address from `start` on, around the end; the last free one is always found. Addresses that cool down
 * are passed over while others are free (but a VM gets its own back at once), then the one released longest ago is
 * taken. `undefined` when every address is held. The cost depends on the run of neighbours in use, not on their number.
 */
export const allocateAddress = (tx: Tx, space: AddressSpace, request: AddressRequest): number | undefined => {
  forgetCooled(tx, space.network, request.now)
  const free =
    ownCooling(tx, space, request) ??
    firstFree(tx, space, request.start, space.last) ??
    firstFree(tx, space, space.first, request.start - 1) ??
    longestCooling(tx, space)
  if (free === undefined) return undefined
  holdAddress(tx, space.network, free, request.vm)
  return free
}

export const holdAddress = (tx: Tx, network: string, address: number, vm: string): void =>
  tx.run(
    "INSERT OR REPLACE INTO addresses (network, address, vm, cooling) VALUES (?, ?, ?, NULL)",
    network,
    address,
    vm
  )

/** The VM that holds an address now; one that only cools down is held by nobody. */
export const addressHolder = (tx: Tx, network: string, address: number): string | undefined =>
  tx.get<AddressRow>("SELECT vm FROM addresses WHERE network = ? AND address = ? AND cooling IS NULL", network, address)
    ?.vm

/** Gives a VM's addresses back; with `until` (epoch milliseconds) they cool down first. */
export const releaseAddresses = (tx: Tx, vm: string, until: number | undefined): void =>
  until === undefined
    ? tx.run("DELETE FROM addresses WHERE vm = ? AND cooling IS NULL", vm)
    : tx.run("UPDATE addresses SET cooling = ? WHERE vm = ? AND cooling IS NULL", until, vm)

const forgetCooled = (tx: Tx, network: string, now: number): void =>
  tx.run("DELETE FROM addresses WHERE network = ? AND cooling IS NOT NULL AND cooling <= ?", network, now)

const ownCooling = (tx: Tx, space: AddressSpace, request: AddressRequest): number | undefined =>
  tx.get<AddressRow>(
    "SELECT address FROM addresses WHERE vm = ? AND network = ? AND cooling IS NOT NULL AND address BETWEEN ? AND ?",
    request.vm,
    space.network,
    space.first,
    space.last
  )?.address

const longestCooling = (tx: Tx, space: AddressSpace): number | undefined =>
  tx
    .all<AddressRow>(
      "SELECT address FROM addresses WHERE network = ? AND cooling IS NOT NULL ORDER BY cooling",
      space.network
    )
    .find((row) => inSpace(space, row.address))?.address

const inSpace = (space: AddressSpace, address: number): boolean =>
  address >= space.first && address <= space.last && reservation(space, address) === undefined

const reservation = (space: AddressSpace, address: number): readonly [number, number] | undefined =>
  space.reserved.find(([first, last]) => first <= address && address <= last)

/** Leaps from the end of one run of taken or reserved addresses to the next candidate. */
const firstFree = (tx: Tx, space: AddressSpace, from: number, to: number): number | undefined => {
  let candidate = from
  while (candidate <= to) {
    const reserved = reservation(space, candidate)
    const next = reserved === undefined ? endOfRun(tx, space.network, candidate) : reserved[1] + 1
    if (next === candidate) return candidate
    candidate = next
  }
  return undefined
}

/** `address` itself when nobody has it, else the first address behind the run of taken ones it stands in. */
const endOfRun = (tx: Tx, network: string, address: number): number => {
  if (tx.get("SELECT 1 FROM addresses WHERE network = ? AND address = ?", network, address) === undefined)
    return address
  const row = tx.get<{ next: number }>(
    `SELECT a.address + 1 AS next FROM addresses a
     WHERE a.network = ?1 AND a.address >= ?2
       AND NOT EXISTS (SELECT 1 FROM addresses b WHERE b.network = ?1 AND b.address = a.address + 1)
     ORDER BY a.address LIMIT 1`,
    network,
    address
  )
  return row!.next
}
