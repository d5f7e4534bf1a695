import { Effect } from "effect"
import type { Drivers } from "../../resource/Drivers.ts"
import type { GcOptions, GcResult } from "../Vmnet.ts"
import { type Collector, merge } from "./Collector.ts"
import { type GcRun, startRun, timeRanOut } from "./GcRun.ts"
import { collectLeases } from "./leases.ts"
import { collectLocks } from "./locks.ts"
import { collectLookAlikes } from "./lookAlikes.ts"
import { withWholeLedger } from "./damagedLedger.ts"
import { collectMembers } from "./members.ts"
import { collectOrphans } from "./orphans.ts"
import { collectRepairs } from "./repairs.ts"
import { collectShares } from "./shares.ts"
import { withUnrecorded } from "./withUnrecorded.ts"

/** In this order: what one takes down, the next may then find unused. */
const collectors: ReadonlyArray<Collector> = [
  collectLocks,
  collectRepairs,
  collectLeases,
  collectOrphans,
  collectMembers,
  collectShares,
  collectLookAlikes
]

/** Takes back what belongs to nobody any more, and says of everything else why it stays. */
export const gc = Effect.fn("Vmnet.gc")(function* (drivers: Drivers, options: GcOptions) {
  return yield* withWholeLedger(options.dryRun, collectAll(drivers, options))
})

const collectAll = Effect.fnUntraced(function* (drivers: Drivers, options: GcOptions) {
  const run = yield* startRun(options)
  return yield* withUnrecorded(run, collectWith(drivers, run))
})

const collectWith = Effect.fnUntraced(function* (drivers: Drivers, run: GcRun) {
  const results: Array<GcResult> = []
  for (const collect of collectors) results.push(yield* collect(drivers, run))
  return withTimeRanOut(run, merge(results))
})

const withTimeRanOut = (run: GcRun, { actions, problems }: GcResult): GcResult => {
  const left = actions.filter(({ verdict }) => verdict === "not-judged").length
  return { actions, problems: left === 0 ? problems : [...problems, timeRanOut(run, left)] }
}
