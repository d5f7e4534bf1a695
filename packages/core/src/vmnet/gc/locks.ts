import { Effect } from "effect"
import { Ledger, type Tx } from "../../ledger/Ledger.ts"
import { holderColumns, holderOf, type HolderRow } from "../../ledger/Locks.ts"
import { HostProbe } from "../../ops/HostProbe.ts"
import type { Collector } from "./Collector.ts"
import { goes, only } from "./GcLine.ts"

interface Row extends HolderRow {
  readonly key: string
}

/** Locks of processes that died holding them. They keep nobody out; they are only forgotten here. */
export const collectLocks: Collector = Effect.fnUntraced(function* (_, run) {
  const ledger = yield* Ledger
  const probe = yield* HostProbe
  const dead = yield* ledger.transact("look for locks of the dead", (tx) => {
    const rows = allLocks(tx).filter((row) => !probe.alive(holderOf(row)))
    if (!run.dryRun) for (const { key } of rows) tx.run("DELETE FROM locks WHERE key = ?", key)
    return rows
  })
  const lock = ({ key, pid }: Row) =>
    goes(run, { vm: null, kind: "Lock", name: key }, `its holder, process ${pid}, is gone`)
  return only(...dead.map(lock))
})

const allLocks = (tx: Tx): ReadonlyArray<Row> => tx.all<Row>(`SELECT key, ${holderColumns} FROM locks ORDER BY key`)
