import { Effect } from "effect"
import type { VmnetError } from "../../errors/VmnetError.ts"
import { Ledger } from "../../ledger/Ledger.ts"
import { withLock } from "../../ledger/Locks.ts"
import { resourcesOf } from "../../ledger/ResourceRow.ts"
import { HostProbe } from "../../ops/HostProbe.ts"
import { unfinishedMembers } from "../../pool/MemberRow.ts"
import { resourceName } from "../../resource/identity.ts"
import { removeUnfinished } from "../drain.ts"
import type { GcAction, GcResult } from "../Vmnet.ts"
import type { Collector } from "./Collector.ts"
import { lockHolder } from "./lockHolder.ts"

/** Devices of pools that whoever made or removed them has not finished. Those that are ready are in use: by their pool. */
export const collectMembers: Collector = Effect.fnUntraced(function* (drivers, { dryRun }) {
  const ledger = yield* Ledger
  const probe = yield* HostProbe
  const unfinished = yield* ledger.transact("find unfinished members", (tx) =>
    unfinishedMembers(tx)
      .filter(({ network }) => lockHolder(tx, `pool ${network}`, probe) === undefined)
      .map(({ network, subject }) => ({ network, resources: resourcesOf(tx, subject) }))
  )
  const actions = unfinished.flatMap(({ network, resources }) =>
    resources.map(({ resource }): GcAction => ({
      action: dryRun ? "would-delete" : "deleted",
      reason: `owned: the pool of ${network} never got it ready`,
      vm: null,
      kind: resource.kind,
      name: resourceName(resource)
    }))
  )
  if (dryRun) return { actions, problems: [] } satisfies GcResult
  const problems: Array<VmnetError> = []
  for (const network of new Set(unfinished.map(({ network }) => network))) {
    yield* withLock(`pool ${network}`)(removeUnfinished(drivers, network)).pipe(
      Effect.catch((error) => Effect.sync(() => void problems.push(error)))
    )
  }
  return { actions: problems.length === 0 ? actions : [], problems } satisfies GcResult
})
