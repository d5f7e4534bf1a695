import { Effect } from "effect"
import type { LeaseRecord } from "../../ledger/LeaseRow.ts"
import type { OwnedResource } from "../../ledger/ResourceRow.ts"
import { rehearseTeardown } from "../../plan/teardown.ts"
import type { Drivers } from "../../resource/Drivers.ts"
import { portsNotRemoved, takeBackUnfinished } from "../activeLease.ts"
import { checkCapabilities } from "../checkHost.ts"
import type { GcResult } from "../Vmnet.ts"
import { nothing } from "./Collector.ts"
import { linesOf } from "./GcLine.ts"
import type { GcRun } from "./GcRun.ts"

const why = "a change of the VM did not come to its end; the VM stays"

/**
 * What somebody had begun to make for a VM that is up, and died over: a port to publish, a resolver file. It is as if he
 * had never begun.
 */
export const collectUnfinished = Effect.fnUntraced(function* (
  drivers: Drivers,
  run: GcRun,
  { lease, request }: LeaseRecord,
  owned: ReadonlyArray<OwnedResource>
) {
  const intents = owned.filter(({ state }) => state === "intent")
  if (intents.length === 0) return nothing
  if (run.dryRun) {
    const report = yield* rehearseTeardown(drivers, lease.vm, intents)
    return { actions: linesOf(run, lease.vm, report, why), problems: [] } satisfies GcResult
  }
  yield* checkCapabilities(request)
  const report = yield* takeBackUnfinished(drivers, lease)
  return {
    actions: linesOf(run, lease.vm, report, why),
    problems: report.problems.length === 0 ? [] : [portsNotRemoved(lease.vm, report.problems)]
  } satisfies GcResult
})
