import { Effect } from "effect"
import type { VmnetError } from "../../errors/VmnetError.ts"
import { Ledger, type Tx } from "../../ledger/Ledger.ts"
import { markResources, type OwnedResource, resourcesOf } from "../../ledger/ResourceRow.ts"
import { teardown } from "../../plan/teardown.ts"
import type { Drivers } from "../../resource/Drivers.ts"
import { inspectAll } from "../check/inspectAll.ts"

/** Subjects that a repair was at work on, or died over. */
export const subjectsInRepair = (tx: Tx): ReadonlyArray<string> =>
  tx
    .all<{ subject: string }>("SELECT DISTINCT subject FROM resources WHERE state = 'repairing' ORDER BY subject")
    .map(({ subject }) => subject)

/**
 * Ends a repair that did not come to its end, for somebody who holds the lock of the subject: what is whole stays, what is
 * half made goes, and what is missing is missing as it was. Gives what could not be taken back, which stays marked.
 */
export const settle = Effect.fnUntraced(function* (
  drivers: Drivers,
  subject: string
): Effect.fn.Return<ReadonlyArray<string>, VmnetError, Ledger> {
  const ledger = yield* Ledger
  const owned = yield* ledger.transact(`look up what was in repair of ${subject}`, (tx) => resourcesOf(tx, subject))
  const marked = owned.filter(({ state }) => state === "repairing")
  if (marked.length === 0) return []
  const { left, problems } = yield* takeBack(drivers, subject, marked, owned)
  yield* ledger.transact(`settle the repair of ${subject}`, (tx) =>
    markResources(
      tx,
      subject,
      marked.filter(({ seq }) => !left.some((one) => one.seq === seq)),
      "present"
    )
  )
  return problems
})

/** Of what a repair was to make, removes what it made by halves. */
export const takeBack = Effect.fnUntraced(function* (
  drivers: Drivers,
  subject: string,
  marked: ReadonlyArray<OwnedResource>,
  plan: ReadonlyArray<OwnedResource>
) {
  const found = yield* inspectAll(drivers, subject, marked, plan)
  const half = found.flatMap(({ drift, owned }) => {
    if (drift === null || drift._tag === "Foreign") return []
    return drift._tag === "Altered" || drift.remains !== undefined ? [owned] : []
  })
  return yield* teardown(drivers, subject, half)
})
