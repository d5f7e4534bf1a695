import { Effect } from "effect"
import { VmnetError } from "../../errors/VmnetError.ts"
import { Ledger } from "../../ledger/Ledger.ts"
import { resourcesOf } from "../../ledger/ResourceRow.ts"
import { shareSubject, unheldShares } from "../../ledger/ShareRow.ts"
import { removeUnheldShares } from "../../plan/Shares.ts"
import { resourceName } from "../../resource/identity.ts"
import type { GcAction, GcResult } from "../Vmnet.ts"
import type { Collector } from "./Collector.ts"

/** What several VMs had used together and none does any more. */
export const collectShares: Collector = Effect.fnUntraced(function* (drivers, { dryRun }) {
  const ledger = yield* Ledger
  const shares = yield* ledger.transact("find unused shares", (tx) =>
    unheldShares(tx).map((key) => ({ key, resources: resourcesOf(tx, shareSubject(key)) }))
  )
  const actions = shares.flatMap(({ key, resources }) =>
    resources.map(({ resource }): GcAction => ({
      action: dryRun ? "would-delete" : "deleted",
      reason: `owned: no VM uses ${key} any more`,
      vm: null,
      kind: resource.kind,
      name: resourceName(resource)
    }))
  )
  if (dryRun || shares.length === 0) return { actions, problems: [] } satisfies GcResult
  const problems = yield* removeUnheldShares(drivers)
  return problems.length === 0
    ? ({ actions, problems: [] } satisfies GcResult)
    : ({ actions: [], problems: [sharesStay(problems)] } satisfies GcResult)
})

const sharesStay = (problems: ReadonlyArray<string>): VmnetError =>
  new VmnetError({
    code: "STEP_FAILED",
    detail: `not all is gone that nobody uses: ${problems.join("; ")}`,
    hint: "What is left is still recorded; run vmnet gc again.",
    details: { problems }
  })
