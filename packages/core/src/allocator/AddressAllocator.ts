import type { Tx } from "../ledger/Ledger.ts"
import type { ProcessId } from "../ops/HostProbe.ts"

/** The positions a network has to give: 0 to `size` - 1, each standing for one guest address of its pool. */
export interface AddressSpace {
  readonly network: string
  readonly size: number
}

export interface AddressRequest {
  readonly vm: string
  /** Where the search begins: 0 for the lowest, or a hash of the VM's name so that it keeps its address. */
  readonly start: number
  /** The VM's own former address has turned out to be of no use. */
  readonly isAnother?: boolean
  readonly now: number
  readonly alive: (process: ProcessId) => boolean
}

/** How an address is given back. */
export interface Cooling {
  /** Epoch milliseconds: for how long others are preferred. */
  readonly until: number
  /** A process that may use it still: until it has ended, nobody but the same VM gets the address. */
  readonly owner?: ProcessId
}

/** Who may use an address still that is no lease's any more. */
export interface Lingering {
  readonly vm: string
  readonly owner: ProcessId
}

/**
 * The first free position from `start` on, around the end; the last free one is always found. Positions that cool down
 * are passed over while others are free (but a VM gets its own back at once), then the one released longest ago is
 * taken, unless its old owner's process runs. `undefined` when every one is held. The cost is the same however many are in use.
 */
export const findPosition = (tx: Tx, space: AddressSpace, request: AddressRequest): number | undefined => {
  const { cooled, owned } = dueOf(tx, space.network, request.now)
  if (cooled) forgetCooled(tx, space.network, request.now)
  if (owned) reviewOwned(tx, space.network, request)
  return (
    (request.isAnother === true ? undefined : ownCooling(tx, space, request)) ??
    firstFree(tx, space, request.start, space.size - 1) ??
    firstFree(tx, space, 0, request.start - 1) ??
    longestCooling(tx, space) ??
    longestOwned(tx, space, request)
  )
}

/**
 * The primary key refuses a position that somebody holds, whoever looked before. A VM that has its own again has it from
 * the process it was for: until it is up, that is whose the address is should it come to nothing.
 */
export const holdPosition = (tx: Tx, network: string, position: number, address: string, vm: string): void => {
  const at = "network = ? AND position = ? AND cooling IS NOT NULL"
  const former = tx.get<{ vm: string; owner: string | null }>(
    `SELECT vm, owner FROM addresses WHERE ${at}`,
    network,
    position
  )
  if (former !== undefined) tx.run(`DELETE FROM addresses WHERE ${at}`, network, position)
  tx.run(
    "INSERT INTO addresses (network, position, address, vm, cooling, owner) VALUES (?, ?, ?, ?, NULL, ?)",
    network,
    position,
    address,
    vm,
    former?.vm === vm ? former.owner : null
  )
}

/** The VM is up with its addresses: from now on they are for whom it is now. */
export const forgetFormerOwners = (tx: Tx, vm: string): void =>
  tx.run("UPDATE addresses SET owner = NULL WHERE vm = ? AND cooling IS NULL", vm)

/** The VM that holds a position now; one that only cools down is held by nobody. */
export const positionHolder = (tx: Tx, network: string, position: number): string | undefined =>
  tx.get<{ vm: string }>(
    "SELECT vm FROM addresses WHERE network = ? AND position = ? AND cooling IS NULL",
    network,
    position
  )?.vm

/** Whose process may still use a position that another VM gave back. */
export const lingeringOn = (
  tx: Tx,
  network: string,
  position: number,
  { vm, alive }: Pick<AddressRequest, "vm" | "alive">
): Lingering | undefined => {
  const row = tx.get<OwnedRow>(
    `${selectOwned} AND position = ? AND vm <> ? AND owner IS NOT NULL`,
    network,
    position,
    vm
  )
  const found = row === undefined ? undefined : decode(row)
  return found !== undefined && alive(found.owner) ? found : undefined
}

/** Some of those whose processes keep addresses from being had. */
export const lingering = (tx: Tx, network: string, alive: AddressRequest["alive"]): ReadonlyArray<Lingering> =>
  tx
    .all<OwnedRow>(`${selectOwned} AND owner IS NOT NULL ORDER BY cooling LIMIT ?`, network, named)
    .map(decode)
    .filter(({ owner }) => alive(owner))

/** Gives a VM's addresses back, free at once or to cool down first. */
export const releaseAddresses = (tx: Tx, vm: string, cooling: Cooling | undefined): void =>
  cooling === undefined
    ? tx.run("DELETE FROM addresses WHERE vm = ? AND cooling IS NULL", vm)
    : tx.run(
        "UPDATE addresses SET cooling = ?, owner = COALESCE(?, owner) WHERE vm = ? AND cooling IS NULL",
        cooling.until,
        cooling.owner === undefined ? null : JSON.stringify(cooling.owner),
        vm
      )

/** How many positions are held, those that cool down not counted. */
export const heldCount = (tx: Tx, network: string): number =>
  tx.get<{ count: number }>("SELECT COUNT(*) AS count FROM addresses WHERE network = ? AND cooling IS NULL", network)!
    .count

/** How many processes an error names. */
const named = 16

/** Of the positions whose cooldown is over, how many owners are asked for at a time: each release adds one at most. */
const reviewed = 4

/** Milliseconds until an owner that was found running is asked for again. */
const reviewedAgain = 10_000

interface OwnedRow {
  readonly position: number
  readonly vm: string
  readonly owner: string
}

const selectOwned = "SELECT position, vm, owner FROM addresses WHERE network = ? AND cooling IS NOT NULL"

const decode = ({ vm, owner }: OwnedRow): Lingering => ({ vm, owner: JSON.parse(owner) })

/** Whose cooldown is over: most often nobody's. */
const dueOf = (tx: Tx, network: string, now: number) => {
  const due = `SELECT 1 FROM addresses WHERE network = ?1 AND cooling IS NOT NULL AND cooling <= ?2`
  return tx.get<{ cooled: number; owned: number }>(
    `SELECT EXISTS (${due} AND owner IS NULL) AS cooled, EXISTS (${due} AND owner IS NOT NULL) AS owned`,
    network,
    now
  )!
}

const forgetCooled = (tx: Tx, network: string, now: number): void =>
  tx.run(
    "DELETE FROM addresses WHERE network = ? AND cooling IS NOT NULL AND owner IS NULL AND cooling <= ?",
    network,
    now
  )

/** The same for those with an owner, a few at a time, so that an attach costs the same however many of them there are. */
const reviewOwned = (tx: Tx, network: string, { now, alive }: AddressRequest): void => {
  const due = tx.all<OwnedRow>(
    `${selectOwned} AND owner IS NOT NULL AND cooling <= ? ORDER BY cooling LIMIT ?`,
    network,
    now,
    reviewed
  )
  for (const row of due) {
    if (alive(decode(row).owner)) {
      const again = now + reviewedAgain
      tx.run("UPDATE addresses SET cooling = ? WHERE network = ? AND position = ?", again, network, row.position)
    } else tx.run("DELETE FROM addresses WHERE network = ? AND position = ?", network, row.position)
  }
}

const ownCooling = (tx: Tx, space: AddressSpace, request: AddressRequest): number | undefined =>
  tx.get<{ position: number }>(
    "SELECT position FROM addresses WHERE vm = ? AND network = ? AND cooling IS NOT NULL LIMIT 1",
    request.vm,
    space.network
  )?.position

const longestCooling = (tx: Tx, space: AddressSpace): number | undefined =>
  tx.get<{ position: number }>(
    `SELECT position FROM addresses WHERE network = ? AND cooling IS NOT NULL AND owner IS NULL
     ORDER BY cooling LIMIT 1`,
    space.network
  )?.position

/** Only when there is nothing else: every owner is asked for until one is found to have ended. */
const longestOwned = (tx: Tx, { network }: AddressSpace, { alive }: AddressRequest): number | undefined =>
  tx
    .all<OwnedRow>(`${selectOwned} AND owner IS NOT NULL ORDER BY cooling`, network)
    .find((row) => !alive(decode(row).owner))?.position

/** `from` itself when nobody has it, else the first position behind the run of taken ones it stands in. */
const firstFree = (tx: Tx, { network }: AddressSpace, from: number, to: number): number | undefined => {
  const run = tx.get<{ first: number }>(
    "SELECT first FROM free WHERE network = ? AND last >= ? ORDER BY last LIMIT 1",
    network,
    from
  )
  const position = Math.max(run?.first ?? from, from)
  return position <= to ? position : undefined
}
