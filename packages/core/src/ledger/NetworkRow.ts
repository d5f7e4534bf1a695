import type { NetworkSpec } from "../plan/AttachRequest.ts"
import type { Tx } from "./Ledger.ts"

/** A network that has been used: its bridge's name and MAC, and the specification its leases were made with. */
export interface NetworkRecord {
  readonly network: string
  readonly device: string
  readonly mac: string
  readonly spec: NetworkSpec
  /** The interface of the default route when the network came up. */
  readonly uplink: string | null
}

interface Row {
  readonly network: string
  readonly device: string
  readonly mac: string
  readonly spec: string
  readonly uplink: string | null
}

const decode = (row: Row): NetworkRecord => ({ ...row, spec: JSON.parse(row.spec) })

const select = "SELECT network, device, mac, spec, uplink FROM networks"

export const findNetwork = (tx: Tx, network: string): NetworkRecord | undefined => {
  const row = tx.get<Row>(`${select} WHERE network = ?`, network)
  return row === undefined ? undefined : decode(row)
}

export const allNetworks = (tx: Tx): ReadonlyArray<NetworkRecord> =>
  tx.all<Row>(`${select} ORDER BY network`).map(decode)

/** What a network's own names are reserved under; VM names cannot begin with `@`. */
export const networkSubject = (network: string): string => `@net.${network}`

/**
 * Writes a network that has no leases: a new one, or one whose specification may change now. Addresses that cool down
 * only mean something within the pool they are from.
 */
export const putNetwork = (tx: Tx, record: NetworkRecord): void => {
  const known = findNetwork(tx, record.network)
  if (known !== undefined && !samePool(known.spec, record.spec)) forgetAddresses(tx, record.network)
  tx.run("DELETE FROM networks WHERE network = ?", record.network)
  tx.run(
    "INSERT INTO networks (network, backend, device, mac, spec, uplink) VALUES (?, ?, ?, ?, ?, ?)",
    record.network,
    record.spec.backend,
    record.device,
    record.mac,
    JSON.stringify(record.spec),
    record.uplink
  )
}

const samePool = (a: NetworkSpec, b: NetworkSpec): boolean =>
  a.subnet === b.subnet && a.gateway === b.gateway && JSON.stringify(a.exclude) === JSON.stringify(b.exclude)

const forgetAddresses = (tx: Tx, network: string): void => tx.run("DELETE FROM addresses WHERE network = ?", network)

export const deleteNetwork = (tx: Tx, network: string): void => {
  forgetAddresses(tx, network)
  tx.run("DELETE FROM networks WHERE network = ?", network)
  tx.run("DELETE FROM identifiers WHERE vm = ?", networkSubject(network))
}

export const vmsOfNetwork = (tx: Tx, network: string): ReadonlyArray<string> =>
  tx.all<{ vm: string }>("SELECT vm FROM leases WHERE network = ? ORDER BY vm", network).map((row) => row.vm)

/** Whether any lease uses the network, one VM's perhaps not counted; an index look-up, however many there are. */
export const networkInUse = (tx: Tx, network: string, butFor = ""): boolean =>
  tx.get("SELECT 1 FROM leases WHERE network = ? AND vm <> ? LIMIT 1", network, butFor) !== undefined

/** What the networks in use have of the host's addresses. */
export const liveSubnets = (tx: Tx): ReadonlyArray<{ readonly network: string; readonly subnet: string }> =>
  allNetworks(tx)
    .filter(({ network, spec }) => spec.inside !== true && networkInUse(tx, network))
    .flatMap(({ network, spec: { subnet, links } }) =>
      links === undefined
        ? [{ network, subnet }]
        : [
            { network, subnet },
            { network, subnet: links }
          ]
    )
