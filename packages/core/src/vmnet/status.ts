import { Effect } from "effect"
import { Ledger, type Tx } from "../ledger/Ledger.ts"
import { allOrphans } from "../ledger/OrphanRow.ts"
import { lostWords, parameterLeft } from "../rebuild/lost.ts"
import { resourcesOf } from "../ledger/ResourceRow.ts"
import { formatSysctlKey } from "../ops/SysctlOps.ts"
import type { LeaseState } from "../plan/Attachment.ts"
import { networksWithMembers, tallyMembers } from "../pool/MemberRow.ts"
import type { SysctlMemo } from "../resource/SysctlDriver.ts"
import type { Status } from "./Vmnet.ts"

export const status = Effect.gen(function* () {
  const ledger = yield* Ledger
  const parameter = yield* parameterLeft
  return yield* ledger.transact("status", (tx): Status => ({
    install: ledger.install,
    stateDir: ledger.stateDir,
    leases: countLeases(tx),
    ...lostRecords(tx, parameter),
    networks: count(tx, "SELECT COUNT(DISTINCT network) AS count FROM leases"),
    published: count(tx, "SELECT COUNT(*) AS count FROM ports"),
    pools: networksWithMembers(tx).map((network) => poolOf(tx, network)),
    sysctls: heldSysctls(tx)
  }))
})

/** Only where there is something to say: VMs without a record, and the parameter that nobody can put back. */
const lostRecords = (tx: Tx, parameter: string | undefined): Pick<Status, "lost"> => {
  const orphans = allOrphans(tx).map(({ vm }) => vm)
  if (orphans.length === 0 && parameter === undefined) return {}
  const notes = parameter === undefined ? [] : [`${parameter}: ${lostWords(parameter)}`]
  return { lost: { vms: orphans, notes } }
}

const poolOf = (tx: Tx, network: string): Status["pools"][number] => ({
  network,
  ...tallyMembers(tx, network)
})

const count = (tx: Tx, sql: string): number => tx.get<{ count: number }>(sql)!.count

const countLeases = (tx: Tx): Status["leases"] => {
  const rows = tx.all<{ state: LeaseState; count: number }>(
    "SELECT state, COUNT(*) AS count FROM leases GROUP BY state"
  )
  const none = { configuring: 0, active: 0, releasing: 0, failed: 0 }
  return { ...none, ...Object.fromEntries(rows.map((row) => [row.state, row.count])) }
}

const heldSysctls = (tx: Tx): Status["sysctls"] =>
  tx
    .all<{ subject: string }>("SELECT DISTINCT subject FROM resources WHERE subject LIKE '@sysctl.%'")
    .flatMap(({ subject }) => resourcesOf(tx, subject))
    .flatMap(({ resource, memo }) => {
      if (resource.kind !== "Sysctl") return []
      const { before } = memo as SysctlMemo
      return [{ key: formatSysctlKey(resource.key), value: resource.value, before }]
    })
