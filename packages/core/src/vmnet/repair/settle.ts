import { Effect } from "effect"
import { Ledger, type Tx } from "../../ledger/Ledger.ts"
import { markResources, type OwnedResource, resourcesOf } from "../../ledger/ResourceRow.ts"
import { teardown } from "../../plan/teardown.ts"
import { type Drivers, familyOf } from "../../resource/Drivers.ts"
import { inspectAll } from "../check/inspectAll.ts"
import { isInUse } from "./inUse.ts"

/** Subjects that a repair was at work on, or died over. */
export const subjectsInRepair = (tx: Tx): ReadonlyArray<string> =>
  tx
    .all<{ subject: string }>("SELECT DISTINCT subject FROM resources WHERE state = 'repairing' ORDER BY subject")
    .map(({ subject }) => subject)

/**
 * Ends a repair that did not come to its end, for somebody who holds the lock of the subject: what is whole stays, what is
 * half made goes, and what is missing is missing as it was. What could not be taken back stays marked.
 */
export const settle = Effect.fnUntraced(function* (drivers: Drivers, subject: string) {
  const ledger = yield* Ledger
  const owned = yield* ledger.transact(`look up what was in repair of ${subject}`, (tx) => resourcesOf(tx, subject))
  const marked = owned.filter(({ state }) => state === "repairing")
  if (marked.length === 0) return undefined
  const report = yield* teardown(drivers, subject, yield* halfMade(drivers, subject, marked, owned))
  const settled = marked.filter(({ seq }) => !report.left.some((one) => one.seq === seq))
  yield* ledger.transact(`settle the repair of ${subject}`, (tx) => markResources(tx, subject, settled, "present"))
  return report
})

/**
 * Of what a repair was to make, what it made by halves. What is there and not as planned may also be what it made whole
 * and somebody has changed since: that is so of firewall entries, which are made at once or not at all, and of a device
 * that somebody uses by now. Those stay, for the next repair to put right in place.
 */
export const halfMade = Effect.fnUntraced(function* (
  drivers: Drivers,
  subject: string,
  marked: ReadonlyArray<OwnedResource>,
  plan: ReadonlyArray<OwnedResource>
) {
  const found = yield* inspectAll(drivers, subject, marked, plan)
  const halves: Array<OwnedResource> = []
  for (const { drift, owned } of found) {
    if (drift?._tag === "Missing" && drift.remains !== undefined) halves.push(owned)
    if (drift?._tag !== "Altered" || familyOf(owned.resource) === "nat") continue
    if (!(yield* isInUse(subject, owned.resource))) halves.push(owned)
  }
  return halves
})
