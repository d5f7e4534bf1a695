import { Ledger } from "@vmnet/core"
import { Effect } from "effect"

/** What the ledger holds about leases and pools: everything but counters, locks, cooling addresses and what networks are called. */
export const leaseRows = Effect.flatMap(Ledger, (ledger) =>
  ledger.rehearse("look at everything", (tx) => ({
    leases: tx.all("SELECT vm, state, lease, problems FROM leases ORDER BY vm"),
    addresses: tx.all("SELECT * FROM addresses WHERE cooling IS NULL ORDER BY network, position"),
    identifiers: tx.all("SELECT * FROM identifiers WHERE vm NOT LIKE '@%' ORDER BY kind, value"),
    ports: tx.all("SELECT * FROM ports ORDER BY protocol, port, host"),
    shares: tx.all("SELECT * FROM shares ORDER BY key"),
    members: tx.all("SELECT subject, device, state FROM members ORDER BY subject"),
    memberNames: tx.all("SELECT * FROM identifiers WHERE vm LIKE '@pool%' ORDER BY kind, value"),
    holds: tx.all("SELECT * FROM holds ORDER BY share, vm"),
    resources: tx.all("SELECT subject, seq, key, state FROM resources ORDER BY subject, seq")
  }))
)
