import { Effect } from "effect"
import { Ledger } from "../../ledger/Ledger.ts"
import { lockHolder, withLockIfFree } from "../../ledger/Locks.ts"
import { resourcesOf } from "../../ledger/ResourceRow.ts"
import { HostProbe } from "../../ops/HostProbe.ts"
import { rehearseTeardown } from "../../plan/teardown.ts"
import type { Drivers } from "../../resource/Drivers.ts"
import { halfMade, settle, subjectsInRepair } from "../repair/settle.ts"
import type { GcResult } from "../Vmnet.ts"
import { type Collector, merge, nothing } from "./Collector.ts"
import { linesOf } from "./GcLine.ts"
import { type GcRun, isOver } from "./GcRun.ts"

const why = "a repair did not come to its end; what it had made whole stays"

/** What a repair had made by halves when it died. What it had not made yet is missing as it was before. */
export const collectRepairs: Collector = Effect.fnUntraced(function* (drivers, run) {
  const ledger = yield* Ledger
  const subjects = yield* ledger.transact("find repairs that did not come to their end", subjectsInRepair)
  const results: Array<GcResult> = []
  for (const subject of subjects) if (!(yield* isOver(run))) results.push(yield* collect(drivers, run, subject))
  return merge(results)
})

/** Whoever holds the lock is at work, and will end it himself. */
const collect = Effect.fnUntraced(function* (drivers: Drivers, run: GcRun, subject: string) {
  const ledger = yield* Ledger
  const probe = yield* HostProbe
  const vm = subject.startsWith("@") ? null : subject
  const lock = vm === null ? `share ${subject.slice(1)}` : `vm ${vm}`
  if (!run.dryRun) {
    return yield* withLockIfFree(lock)(
      Effect.map(settle(drivers, subject), (report) =>
        report === undefined ? nothing : { actions: linesOf(run, vm, report, why), problems: [] }
      ),
      () => Effect.succeed(nothing)
    )
  }
  const { holder, owned } = yield* ledger.transact(`look up ${subject}`, (tx) => ({
    holder: lockHolder(tx, lock, probe),
    owned: resourcesOf(tx, subject)
  }))
  if (holder !== undefined) return nothing
  const marked = owned.filter(({ state }) => state === "repairing")
  const report = yield* rehearseTeardown(drivers, subject, yield* halfMade(drivers, subject, marked, owned))
  return { actions: linesOf(run, vm, report, why), problems: [] } satisfies GcResult
})
