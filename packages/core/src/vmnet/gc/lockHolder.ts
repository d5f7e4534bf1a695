import type { Tx } from "../../ledger/Ledger.ts"
import type { HostProbe } from "../../ops/HostProbe.ts"

/** Whoever holds a VM's lock may do so for a while: its VM is in use, and nobody waits for it. */
export const lockHolder = (tx: Tx, lock: string, probe: HostProbe["Service"]): number | undefined => {
  const row = tx.get<{ pid: number; start: string; boot: string }>(
    "SELECT pid, start, boot FROM locks WHERE key = ?",
    lock
  )
  const alive = row !== undefined && probe.alive({ pid: row.pid, startTime: row.start, bootId: row.boot })
  return alive ? row.pid : undefined
}
