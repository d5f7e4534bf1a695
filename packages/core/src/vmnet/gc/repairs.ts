import { Effect } from "effect"
import { VmnetError } from "../../errors/VmnetError.ts"
import { Ledger } from "../../ledger/Ledger.ts"
import { lockHolder, withLockIfFree } from "../../ledger/Locks.ts"
import { resourcesOf } from "../../ledger/ResourceRow.ts"
import { HostProbe } from "../../ops/HostProbe.ts"
import { rehearseTeardown } from "../../plan/teardown.ts"
import type { Drivers } from "../../resource/Drivers.ts"
import { halfMade, settle, subjectsInRepair } from "../repair/settle.ts"
import type { GcResult } from "../Vmnet.ts"
import { type Collector, merge, nothing } from "./Collector.ts"
import { linesOf, notJudged, only, type Subject } from "./GcLine.ts"
import { type GcRun, isOver } from "./GcRun.ts"
import { orStays } from "./orStays.ts"

const why = "a repair did not come to its end; what it had made whole stays"

/** What a repair had made by halves when it died. What it had not made yet is missing as it was before. */
export const collectRepairs: Collector = Effect.fnUntraced(function* (drivers, run) {
  const ledger = yield* Ledger
  const subjects = yield* ledger.transact("find repairs that did not come to their end", subjectsInRepair)
  const results: Array<GcResult> = []
  for (const subject of subjects) {
    results.push((yield* isOver(run)) ? only(notJudged(repairOf(subject))) : yield* collect(drivers, run, subject))
  }
  return merge(results)
})

const vmOf = (subject: string): string | null => (subject.startsWith("@") ? null : subject)

const repairOf = (subject: string): Subject => ({ vm: vmOf(subject), kind: "Repair", name: subject })

/** Whoever holds the lock is at work, and will end it himself. */
const collect = (drivers: Drivers, run: GcRun, subject: string) => {
  const vm = vmOf(subject)
  const lock = vm === null ? `share ${subject.slice(1)}` : `vm ${vm}`
  if (run.dryRun) return orStays(repairOf(subject))(rehearse(drivers, run, subject, lock))
  return withLockIfFree(lock)(orStays(repairOf(subject))(take(drivers, run, subject)), () => Effect.succeed(nothing))
}

const take = Effect.fnUntraced(function* (drivers: Drivers, run: GcRun, subject: string) {
  const report = yield* settle(drivers, subject)
  if (report === undefined) return nothing
  return {
    actions: linesOf(run, vmOf(subject), report, why),
    problems: report.left.length === 0 ? [] : [notRemoved(subject, report.problems)]
  } satisfies GcResult
})

const rehearse = Effect.fnUntraced(function* (drivers: Drivers, run: GcRun, subject: string, lock: string) {
  const ledger = yield* Ledger
  const probe = yield* HostProbe
  const { holder, owned } = yield* ledger.transact(`look up ${subject}`, (tx) => ({
    holder: lockHolder(tx, lock, probe),
    owned: resourcesOf(tx, subject)
  }))
  if (holder !== undefined) return nothing
  const marked = owned.filter(({ state }) => state === "repairing")
  const report = yield* rehearseTeardown(drivers, subject, yield* halfMade(drivers, subject, marked, owned))
  return only(...linesOf(run, vmOf(subject), report, why))
})

const notRemoved = (subject: string, problems: ReadonlyArray<string>): VmnetError =>
  new VmnetError({
    code: "STEP_FAILED",
    detail: `what a repair of ${subject} had made by halves is not all gone: ${problems.join("; ")}`,
    hint: "It is still recorded; run vmnet repair or vmnet gc again.",
    details: { subject, problems }
  })
