import { Effect } from "effect"
import { Ledger } from "../../ledger/Ledger.ts"
import { lockHolder, withLockIfFree } from "../../ledger/Locks.ts"
import { allOrphans } from "../../ledger/OrphanRow.ts"
import { resourcesOf } from "../../ledger/ResourceRow.ts"
import { HostProbe } from "../../ops/HostProbe.ts"
import { rehearseTeardown } from "../../plan/teardown.ts"
import { forgetLost, lostWords, parameterLeft } from "../../rebuild/lost.ts"
import type { Drivers } from "../../resource/Drivers.ts"
import { notRemoved } from "../down.ts"
import { detachOrphan } from "../downOrphan.ts"
import type { GcResult } from "../Vmnet.ts"
import { type Collector, merge, nothing } from "./Collector.ts"
import { goes, inUse, leaseOf, linesOf, notJudged, notOwned, only, stays } from "./GcLine.ts"
import { type GcRun, isOver } from "./GcRun.ts"
import { orStays } from "./orStays.ts"
import { usersOf } from "./orphanUsers.ts"

/**
 * VMs whose record was lost. Who had made them, and for whom, was in the record: nobody can prove that they are of no use
 * any more, so they stay until somebody who knows takes them down, or asks to go by what is seen of them.
 */
export const collectOrphans: Collector = Effect.fnUntraced(function* (drivers, run) {
  const ledger = yield* Ledger
  const orphans = yield* ledger.transact("look for orphans", allOrphans)
  const results: Array<GcResult> = []
  for (const { vm } of orphans) {
    if (!run.forceHeuristic)
      results.push(only(inUse(leaseOf(vm), `its record was lost; vmnet down ${vm} takes it down`)))
    else results.push((yield* isOver(run)) ? only(notJudged(leaseOf(vm))) : yield* guess(drivers, run, vm))
  }
  return merge([...results, yield* collectParameter(run)])
})

/** Said until nobody needs it that was there when it was lost, and then for the last time. */
const collectParameter = Effect.fnUntraced(function* (run: GcRun) {
  const ledger = yield* Ledger
  const key = yield* parameterLeft
  if (!run.dryRun) {
    yield* ledger.transact("forget what was told", (tx) => {
      if (key === undefined || allOrphans(tx).length === 0) forgetLost(tx)
    })
  }
  return key === undefined ? nothing : only(notOwned({ vm: null, kind: "Sysctl", name: key }, lostWords(key)))
})

const why = "heuristic: its record was lost, it carries our tag, and nobody uses it"

/** Under the VM's lock, unless it is a rehearsal: that is a row. */
const guess = (drivers: Drivers, run: GcRun, vm: string) => {
  const lock = `vm ${vm}`
  const busy = (pid: number | undefined) =>
    Effect.succeed(only(inUse(leaseOf(vm), `process ${pid ?? "?"} is at work on it`)))
  if (!run.dryRun) return withLockIfFree(lock)(judged(drivers, run, vm), busy)
  return Effect.gen(function* () {
    const ledger = yield* Ledger
    const probe = yield* HostProbe
    const holder = yield* ledger.transact(`look at the lock of ${vm}`, (tx) => lockHolder(tx, lock, probe))
    return yield* holder === undefined ? judged(drivers, run, vm) : busy(holder)
  })
}

const judged = (drivers: Drivers, run: GcRun, vm: string) =>
  Effect.gen(function* () {
    const ledger = yield* Ledger
    const owned = yield* ledger.transact(`look up ${vm}`, (tx) => resourcesOf(tx, vm))
    const [user] = yield* usersOf(owned.map(({ resource }) => resource))
    if (user !== undefined) return only(inUse(leaseOf(vm), `its record was lost, and ${user}`))
    const report = yield* run.dryRun ? rehearseTeardown(drivers, vm, owned) : detachOrphan(drivers, vm)
    const isGone = report.left.length === 0
    if (isGone) run.doomed.add(vm)
    const lease = isGone ? goes(run, leaseOf(vm), why) : stays(leaseOf(vm), "not all of it is gone; it is kept")
    return {
      actions: [...linesOf(run, vm, report, why), lease],
      problems: isGone || run.dryRun ? [] : [notRemoved(vm, report.problems)]
    } satisfies GcResult
  }).pipe(orStays(leaseOf(vm)))
