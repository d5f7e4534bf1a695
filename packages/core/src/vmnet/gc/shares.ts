import { Effect } from "effect"
import { Ledger } from "../../ledger/Ledger.ts"
import { lockHolder, withLockIfFree } from "../../ledger/Locks.ts"
import { resourcesOf } from "../../ledger/ResourceRow.ts"
import { shareSubject, unheldShares } from "../../ledger/ShareRow.ts"
import { HostProbe } from "../../ops/HostProbe.ts"
import { notRemoved, removeIfUnheld } from "../../plan/Shares.ts"
import { rehearseTeardown } from "../../plan/teardown.ts"
import type { Drivers } from "../../resource/Drivers.ts"
import { checkHostRights } from "../checkHost.ts"
import type { GcResult } from "../Vmnet.ts"
import { type Collector, merge, nothing } from "./Collector.ts"
import { inUse, linesOf, notJudged, only, type Subject } from "./GcLine.ts"
import { type GcRun, isOver } from "./GcRun.ts"
import { orStays } from "./orStays.ts"

const share = (key: string): Subject => ({ vm: null, kind: "Share", name: key })

const why = (key: string): string => `no VM uses ${key} any more`

/** What several VMs had used together and none does any more. */
export const collectShares: Collector = Effect.fnUntraced(function* (drivers, run) {
  const ledger = yield* Ledger
  const keys = yield* ledger.transact("find unused shares", (tx) => unheldShares(tx, run.doomed))
  const results: Array<GcResult> = []
  for (const key of keys) {
    results.push((yield* isOver(run)) ? only(notJudged(share(key))) : yield* collect(drivers, run, key))
  }
  return merge(results)
})

const collect = (drivers: Drivers, run: GcRun, key: string) => {
  const lock = `share ${key}`
  const busy = (pid: number | undefined) =>
    Effect.succeed(only(inUse(share(key), `process ${pid ?? "?"} is at work on it`)))
  if (!run.dryRun) return withLockIfFree(lock)(remove(drivers, run, key), busy)
  return Effect.gen(function* () {
    const ledger = yield* Ledger
    const probe = yield* HostProbe
    const { holder, owned } = yield* ledger.transact(`look up ${key}`, (tx) => ({
      holder: lockHolder(tx, lock, probe),
      owned: resourcesOf(tx, shareSubject(key))
    }))
    if (holder !== undefined) return yield* busy(holder)
    return only(...linesOf(run, null, yield* rehearseTeardown(drivers, key, owned), why(key)))
  })
}

const remove = (drivers: Drivers, run: GcRun, key: string) =>
  Effect.gen(function* () {
    yield* checkHostRights
    const report = yield* removeIfUnheld(drivers, key)
    if (report === undefined) return nothing
    return {
      actions: linesOf(run, null, report, why(key)),
      problems: report.left.length === 0 ? [] : [notRemoved(key, report.problems)]
    } satisfies GcResult
  }).pipe(orStays(share(key)))
