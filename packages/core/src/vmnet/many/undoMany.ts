import { Effect } from "effect"
import { findLease, setLeaseState } from "../../ledger/LeaseRow.ts"
import { Ledger } from "../../ledger/Ledger.ts"
import { keepResources } from "../../ledger/ResourceRow.ts"
import { severalWords } from "../../ledger/severalWords.ts"
import type { Touched } from "../../plan/apply.ts"
import { removeUnheldShares } from "../../plan/Shares.ts"
import { teardownTogether } from "../../plan/teardown.ts"
import type { Drivers } from "../../resource/Drivers.ts"
import { forgetRows } from "../down.ts"
import { now } from "../now.ts"
import { startUndoing, undo } from "../up.ts"
import type { Prepared } from "./prepareMany.ts"
import type { ReservedVm } from "./reserveMany.ts"
import { reportsOf } from "./reportsOf.ts"

/**
 * Puts back all that was made for them, and forgets them. It cannot fail: what cannot be removed stays recorded under `failed`
 * leases. A device out of a pool may have to go back there, which `undo` knows about.
 */
export const undoMany = Effect.fnUntraced(
  function* (
    drivers: Drivers,
    prepared: ReadonlyArray<Prepared>,
    reserved: ReadonlyArray<ReservedVm>,
    touched: Touched
  ) {
    const ledger = yield* Ledger
    const subject = severalWords(prepared.map(({ request }) => request.vm))
    yield* Effect.ignore(
      ledger.transact(`undo ${subject}`, (tx) => prepared.map(({ request }) => startUndoing(tx, request.vm)))
    )
    for (const one of reserved.filter(isPooled)) {
      const own = one.owned.filter((resource) => touched.has(resource))
      yield* undo(drivers, { ...one, avoid: new Set() }, new Set(own), [])
    }
    const pooled = new Set(reserved.filter(isPooled).map(({ request }) => request.vm))
    const others = prepared.filter(({ request }) => !pooled.has(request.vm))
    const problems = yield* undoTogether(drivers, others, reserved, touched)
    const left = (yield* removeUnheldShares(drivers)).map(({ message }) => message)
    if (problems.length + left.length > 0) yield* Effect.logWarning("not all is undone", ...problems, ...left)
  },
  (effect, _, prepared) =>
    Effect.catchCause(effect, (cause) =>
      Effect.logWarning(`undoing ${severalWords(prepared.map(({ request }) => request.vm))}`, cause)
    )
)

const isPooled = ({ lease }: ReservedVm): boolean => lease.pooled !== undefined

const undoTogether = Effect.fnUntraced(function* (
  drivers: Drivers,
  others: ReadonlyArray<Prepared>,
  reserved: ReadonlyArray<ReservedVm>,
  touched: Touched
) {
  const ledger = yield* Ledger
  const vms = others.map(({ request }) => request.vm)
  const subject = severalWords(vms)
  const made = new Map(reserved.map(({ lease, owned }) => [lease.vm, owned.filter((one) => touched.has(one))]))
  const plans = new Map(vms.map((vm) => [vm, made.get(vm) ?? []]))
  const reports = reportsOf(plans, yield* teardownTogether(drivers, subject, [...plans.values()]))
  const at = yield* now
  yield* ledger.transact(`forget ${subject}`, (tx) => {
    for (const { request } of others) {
      const { left, problems } = reports.get(request.vm)!
      if (findLease(tx, request.vm) === undefined) continue
      if (left.length === 0) forgetRows(tx, request.vm, { until: at + request.network.cooldown * 1000 })
      else {
        keepResources(tx, request.vm, left)
        setLeaseState(tx, request.vm, "failed", problems)
      }
    }
  })
  return [...reports.values()].flatMap(({ problems }) => problems)
})
