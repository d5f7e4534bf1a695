import { type Attachment, LeaseState } from "../plan/Attachment.ts"
import type { AttachRequest, ForwardingMode } from "../plan/AttachRequest.ts"
import type { Lease } from "../plan/Lease.ts"
import type { ProcessId } from "../ops/HostProbe.ts"
import type { Tx } from "./Ledger.ts"
import { word } from "./word.ts"

/** A lease as the ledger has it. The attachment's state is that of the row. */
export interface LeaseRecord {
  readonly state: LeaseState
  readonly request: AttachRequest
  readonly lease: Lease
  readonly attachment: Attachment
  readonly creator: ProcessId
  /** Epoch milliseconds. */
  readonly created: number
  readonly problems: ReadonlyArray<string>
}

interface Row {
  readonly state: LeaseState
  readonly request: string
  readonly lease: string
  readonly attachment: string
  readonly creator: string
  readonly created: number
  readonly problems: string
}

const columns = "state, request, lease, attachment, creator, created, problems"

const decode = (row: Row): LeaseRecord => ({
  state: word(LeaseState.literals, row.state),
  request: JSON.parse(row.request),
  lease: JSON.parse(row.lease),
  attachment: { ...JSON.parse(row.attachment), state: row.state },
  creator: JSON.parse(row.creator),
  created: row.created,
  problems: JSON.parse(row.problems)
})

export const findLease = (tx: Tx, vm: string): LeaseRecord | undefined => {
  const row = tx.get<Row>(`SELECT ${columns} FROM leases WHERE vm = ?`, vm)
  return row === undefined ? undefined : decode(row)
}

export const allLeases = (tx: Tx): ReadonlyArray<LeaseRecord> =>
  tx.all<Row>(`SELECT ${columns} FROM leases ORDER BY vm`).map(decode)

/** How some lease goes about forwarding; all of them do it in the same way. */
export const anyForwarding = (tx: Tx): { readonly vm: string; readonly forwarding: ForwardingMode } | undefined =>
  tx.get("SELECT vm, json_extract(request, '$.forwarding') AS forwarding FROM leases LIMIT 1")

export const insertLease = (tx: Tx, record: LeaseRecord): void =>
  tx.run(
    `INSERT INTO leases (vm, generation, network, ${columns}) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
    record.lease.vm,
    record.lease.generation,
    record.lease.network.network,
    record.state,
    JSON.stringify(record.request),
    JSON.stringify(record.lease),
    JSON.stringify(record.attachment),
    JSON.stringify(record.creator),
    record.created,
    JSON.stringify(record.problems)
  )

export const setLeaseState = (tx: Tx, vm: string, state: LeaseState, problems: ReadonlyArray<string> = []): void =>
  tx.run("UPDATE leases SET state = ?, problems = ? WHERE vm = ?", state, JSON.stringify(problems), vm)

export const updateLease = (tx: Tx, lease: Lease, attachment: Attachment, request: AttachRequest): void =>
  tx.run(
    "UPDATE leases SET lease = ?, attachment = ?, request = ? WHERE vm = ?",
    JSON.stringify(lease),
    JSON.stringify(attachment),
    JSON.stringify(request),
    lease.vm
  )

/** Forgets a lease and what was reserved for it, but for its addresses: those are released on their own. */
export const deleteLease = (tx: Tx, vm: string): void => {
  for (const table of ["leases", "identifiers", "ports", "holds"]) tx.run(`DELETE FROM ${table} WHERE vm = ?`, vm)
}
