import { HostProbe, Ledger } from "@vmnet/core"
import { Effect } from "effect"

interface LockRow {
  readonly key: string
  readonly pid: number
  readonly start: string
  readonly boot: string
}

/**
 * What the ledger holds about leases: everything but counters, cooling addresses, what networks are called, and locks of
 * processes that have ended.
 */
export const leaseRows = Effect.flatMap(Effect.all([Ledger, HostProbe]), ([ledger, probe]) =>
  ledger.rehearse("look at everything", (tx) => ({
    leases: tx.all("SELECT vm, state, lease, problems FROM leases ORDER BY vm"),
    addresses: tx.all("SELECT * FROM addresses WHERE cooling IS NULL ORDER BY network, position"),
    identifiers: tx.all("SELECT * FROM identifiers WHERE vm NOT LIKE '@%' ORDER BY kind, value"),
    ports: tx.all("SELECT * FROM ports ORDER BY protocol, port, host"),
    shares: tx.all("SELECT * FROM shares ORDER BY key"),
    holds: tx.all("SELECT * FROM holds ORDER BY share, vm"),
    resources: tx.all("SELECT subject, seq, key, state FROM resources ORDER BY subject, seq"),
    locks: tx
      .all<LockRow>("SELECT * FROM locks")
      .filter(({ pid, start, boot }) => probe.alive({ pid, startTime: start, bootId: boot }))
  }))
)
