import { Effect } from "effect"
import { allLeases, findLease, type LeaseRecord } from "../../ledger/LeaseRow.ts"
import { Ledger } from "../../ledger/Ledger.ts"
import { lockHolder, withLockIfFree } from "../../ledger/Locks.ts"
import { type OwnedResource, resourcesOf } from "../../ledger/ResourceRow.ts"
import { HostProbe } from "../../ops/HostProbe.ts"
import type { Release } from "../../pool/giveBack.ts"
import type { Drivers } from "../../resource/Drivers.ts"
import { checkCapabilities } from "../checkHost.ts"
import { detachLease, notRemoved, rehearseDetach } from "../down.ts"
import type { GcResult } from "../Vmnet.ts"
import { type Collector, merge, nothing } from "./Collector.ts"
import { goes, inUse, leaseOf, linesOf, notJudged, only, stays, subjectOf } from "./GcLine.ts"
import { type GcRun, isOver } from "./GcRun.ts"
import { orStays } from "./orStays.ts"
import { judge, type Verdict } from "./judge.ts"
import { collectUnfinished } from "./unfinished.ts"

/** The VMs on record, one after the other. */
export const collectLeases: Collector = Effect.fnUntraced(function* (drivers, run) {
  const ledger = yield* Ledger
  const names = yield* ledger.transact("list", (tx) => allLeases(tx).map(({ lease }) => lease.vm))
  const results: Array<GcResult> = []
  for (const vm of names) {
    results.push((yield* isOver(run)) ? only(notJudged(leaseOf(vm))) : yield* collect(drivers, run, vm))
  }
  return merge(results)
})

/** Judged under the VM's lock, so that nobody is at work on it while it goes. A rehearsal takes no lock: that is a row. */
const collect = (drivers: Drivers, run: GcRun, vm: string) => {
  const busy = (pid: number | undefined) => Effect.succeed(only(inUse(leaseOf(vm), atWork(pid))))
  const work = judged(drivers, run, vm)
  if (!run.dryRun) return withLockIfFree(`vm ${vm}`)(work, busy)
  return Effect.gen(function* () {
    const ledger = yield* Ledger
    const probe = yield* HostProbe
    const holder = yield* ledger.transact(`look at the lock of ${vm}`, (tx) => lockHolder(tx, `vm ${vm}`, probe))
    return yield* holder === undefined ? work : busy(holder)
  })
}

const atWork = (pid: number | undefined): string =>
  pid === undefined ? "somebody is at work on it" : `process ${pid} is at work on it`

/** What goes wrong with one VM keeps no other from being looked at. */
const judged = (drivers: Drivers, run: GcRun, vm: string) =>
  Effect.gen(function* () {
    const ledger = yield* Ledger
    const probe = yield* HostProbe
    const { record, owned } = yield* ledger.transact(`look up ${vm}`, (tx) => ({
      record: findLease(tx, vm),
      owned: resourcesOf(tx, vm)
    }))
    if (record === undefined) return nothing
    const verdict = judge(record, probe)
    if (verdict.gone) return yield* takeBack(drivers, run, { record, owned }, verdict)
    const unfinished = record.state === "active" ? yield* collectUnfinished(drivers, run, record, owned) : nothing
    return merge([unfinished, only(inUse(leaseOf(vm), verdict.reason))])
  }).pipe(orStays(leaseOf(vm)))

interface Found {
  readonly record: LeaseRecord
  readonly owned: ReadonlyArray<OwnedResource>
}

const takeBack = Effect.fnUntraced(function* (
  drivers: Drivers,
  run: GcRun,
  { record, owned }: Found,
  { reason }: Verdict
) {
  const { vm } = record.lease
  // Whoever may not remove it must not leave it behind as failed.
  if (!run.dryRun) yield* checkCapabilities(record.request)
  const release = yield* run.dryRun ? rehearseDetach(drivers, record, owned) : detachLease(drivers, record)
  const { report } = release
  if (report.left.length === 0) run.doomed.add(vm)
  const lease =
    report.left.length === 0 ? goes(run, leaseOf(vm), reason) : stays(leaseOf(vm), "not all of it is gone; it is kept")
  return {
    actions: [...returned(vm, release), ...linesOf(run, vm, report, reason), lease],
    problems: report.left.length === 0 || run.dryRun ? [] : [notRemoved(vm, report.problems)]
  } satisfies GcResult
})

const returned = (vm: string, { device }: Release) =>
  device.map((owned) => inUse(subjectOf(vm, owned), "its pool has it back"))
