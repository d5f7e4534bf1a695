import { type Lease, type LeaseState, Ledger, type ProcessId, type Resource } from "@vmnet/core"
import { Effect } from "effect"

/** What the ledger has on a VM. */
export interface Recorded {
  readonly vm: string
  readonly state: LeaseState
  readonly lease: Lease
  readonly creator: ProcessId
}

export interface LedgerView {
  readonly vms: ReadonlyMap<string, Recorded>
  /** Host ports and the VMs that have them. */
  readonly ports: ReadonlyMap<number, string>
  /** Members of pools that no other VM can have now. */
  readonly busyMembers: number
}

interface Row {
  readonly vm: string
  readonly state: LeaseState
  readonly lease: string
  readonly creator: string
}

const read = new Map<string, Recorded>()

/** Most rows have not changed since they were seen last. */
const decode = (row: Row): Recorded => {
  const words = `${row.state} ${row.creator} ${row.lease}`
  const known = read.get(words)
  if (known !== undefined) return known
  if (read.size > 1000) read.clear()
  const made = { ...row, lease: JSON.parse(row.lease), creator: JSON.parse(row.creator) }
  read.set(words, made)
  return made
}

/** Looks at the records themselves, past the faults. */
export const lookAtLedger: Effect.Effect<LedgerView, never, Ledger> = Ledger.use((ledger) =>
  Effect.orDie(
    ledger.rehearse("look", (tx) => ({
      vms: new Map(tx.all<Row>("SELECT vm, state, lease, creator FROM leases").map((row) => [row.vm, decode(row)])),
      ports: new Map(
        tx.all<{ port: number; vm: string }>("SELECT port, vm FROM ports").map(({ port, vm }) => [port, vm])
      ),
      busyMembers: tx.get<{ count: number }>("SELECT COUNT(*) AS count FROM members WHERE state <> 'ready'")!.count
    }))
  )
)

export interface RecordedResource {
  readonly subject: string
  readonly owner: string
  readonly state: "intent" | "present"
  readonly resource: Resource
}

export const lookAtResources: Effect.Effect<ReadonlyArray<RecordedResource>, never, Ledger> = Ledger.use((ledger) =>
  Effect.orDie(
    ledger.rehearse("look at resources", (tx) =>
      tx
        .all<Omit<RecordedResource, "resource"> & { resource: string }>(
          "SELECT subject, owner, state, resource FROM resources"
        )
        .map(({ owner, resource, state, subject }) => ({ subject, owner, state, resource: JSON.parse(resource) }))
    )
  )
)
