import { Effect } from "effect"
import { findLease, setLeaseState } from "../../ledger/LeaseRow.ts"
import { Ledger } from "../../ledger/Ledger.ts"
import { keepResources, type OwnedResource } from "../../ledger/ResourceRow.ts"
import { severalWords } from "../../ledger/severalWords.ts"
import type { Touched } from "../../plan/apply.ts"
import { removeUnheldShares } from "../../plan/Shares.ts"
import { teardownTogether } from "../../plan/teardown.ts"
import type { Drivers } from "../../resource/Drivers.ts"
import { forgetRows } from "../down.ts"
import { now } from "../now.ts"
import { startUndoing, undo } from "../undo.ts"
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
    const leases = yield* startUndoingMany(prepared, reserved)
    const isPooled = ({ request: { vm } }: Prepared): boolean => leases.get(vm)?.pooled !== undefined
    const made = madeOf(reserved, touched)
    for (const one of prepared.filter(isPooled)) {
      yield* undo(drivers, { ...one, avoid: new Set() }, new Set(made.get(one.request.vm)), [])
    }
    const others = prepared.filter((one) => !isPooled(one))
    const problems = yield* undoTogether(drivers, others, made)
    const left = (yield* removeUnheldShares(drivers)).map(({ message }) => message)
    if (problems.length + left.length > 0) yield* Effect.logWarning("not all is undone", ...problems, ...left)
  },
  (effect, _, prepared) =>
    Effect.catchCause(effect, (cause) =>
      Effect.logWarning(`undoing ${severalWords(prepared.map(({ request }) => request.vm))}`, cause)
    )
)

/** By VM, of those that were reserved: what this attempt has touched. */
type Made = ReadonlyMap<string, ReadonlyArray<OwnedResource>>

const madeOf = (reserved: ReadonlyArray<ReservedVm>, touched: Touched): Made =>
  new Map(reserved.map(({ lease, owned }) => [lease.vm, owned.filter((one) => touched.has(one))]))

/** Attempts that were confirmed already are not up any more from here on; a reservation that failed may stand all the same. */
const startUndoingMany = Effect.fnUntraced(function* (
  prepared: ReadonlyArray<Prepared>,
  reserved: ReadonlyArray<ReservedVm>
) {
  const ledger = yield* Ledger
  const vms = prepared.map(({ request }) => request.vm)
  const leases = yield* (
    ledger
      .transact(`undo ${severalWords(vms)}`, (tx) => vms.flatMap((vm) => startUndoing(tx, vm).lease ?? []))
      // What was made is known without the ledger, and goes.
      .pipe(Effect.orElseSucceed(() => reserved.map(({ lease }) => lease)))
  )
  return new Map(leases.map((lease) => [lease.vm, lease]))
})

const undoTogether = Effect.fnUntraced(function* (drivers: Drivers, others: ReadonlyArray<Prepared>, made: Made) {
  const ledger = yield* Ledger
  const vms = others.map(({ request }) => request.vm)
  const subject = severalWords(vms)
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
