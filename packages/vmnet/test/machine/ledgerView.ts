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
  /** `network address` of each that cools down. */
  readonly cooling: ReadonlySet<string>
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
      cooling: new Set(
        tx
          .all<{ key: string }>("SELECT network || ' ' || address AS key FROM addresses WHERE cooling IS NOT NULL")
          .map(({ key }) => key)
      ),
      busyMembers: tx.get<{ count: number }>("SELECT COUNT(*) AS count FROM members WHERE state <> 'ready'")!.count
    }))
  )
)

export interface RecordedResource {
  readonly subject: string
  readonly owner: string
  /** It has to be there: made and confirmed, and nobody has begun to remove it. */
  readonly isDue: boolean
  readonly resource: Resource
}

interface ResourceRow {
  readonly subject: string
  readonly owner: string
  readonly due: number
  readonly resource: string
}

/** A share, or a member of a pool, whose removal was cut short keeps its rows as they were. */
const resources = `SELECT subject, owner, resource, state = 'present'
  AND subject NOT IN (SELECT '@' || key FROM shares WHERE state <> 'present')
  AND subject NOT IN (SELECT subject FROM members WHERE state NOT IN ('ready', 'leased')) AS due FROM resources`

export const lookAtResources: Effect.Effect<ReadonlyArray<RecordedResource>, never, Ledger> = Ledger.use((ledger) =>
  Effect.orDie(
    ledger.rehearse("look at resources", (tx) =>
      tx.all<ResourceRow>(resources).map(({ due, owner, resource, subject }) => ({
        subject,
        owner,
        isDue: due === 1,
        resource: JSON.parse(resource)
      }))
    )
  )
)
