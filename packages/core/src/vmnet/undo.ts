import { Effect } from "effect"
import { findLease, setLeaseState } from "../ledger/LeaseRow.ts"
import { Ledger, type Tx } from "../ledger/Ledger.ts"
import { withLockLooking } from "../ledger/Locks.ts"
import { resourcesOf } from "../ledger/ResourceRow.ts"
import type { Touched } from "../plan/apply.ts"
import type { Lease } from "../plan/Lease.ts"
import { removeUnheldShares } from "../plan/Shares.ts"
import { teardown } from "../plan/teardown.ts"
import { inspectLeased, type Release } from "../pool/giveBack.ts"
import { rulesStand } from "../pool/inspectMember.ts"
import { memberOf } from "../pool/memberResources.ts"
import { ownerOfMember } from "../pool/reserveMember.ts"
import type { Drivers } from "../resource/Drivers.ts"
import { detach, down, forgetLease, keepLease, keptWith } from "./down.ts"
import { now } from "./now.ts"
import type { Asked } from "./prepare.ts"

/** An attempt that was confirmed already is not up any more from here on, whoever looks. */
export const startUndoing = (tx: Tx, vm: string) => {
  const record = findLease(tx, vm)
  if (record?.state === "active") setLeaseState(tx, vm, "releasing")
  return { lease: record?.lease, owned: resourcesOf(tx, vm) }
}

/** What this attempt has made, and a device out of the pool if it cannot go back there: one that is held open can. */
const undoMade = Effect.fnUntraced(function* (drivers: Drivers, { backend, request }: Asked, touched: Touched) {
  const ledger = yield* Ledger
  const { vm } = request
  const { lease, owned } = yield* (
    ledger
      .transact(`undo ${vm}`, (tx) => startUndoing(tx, vm))
      // What was made is known without the ledger, and goes; the rows stay, as those of somebody who died over it.
      .pipe(Effect.orElseSucceed(() => ({ lease: undefined, owned: [] })))
  )
  const device = lease === undefined ? [] : memberOf(backend, request, lease, owned)
  const report = yield* teardown(drivers, vm, [...touched])
  if (lease === undefined || device.length === 0) return { report, device: [] } satisfies Release
  if (report.left.length > 0) return keptWith(device, report)
  const member = device.map(({ resource }) => resource)
  const condition = yield* inspectLeased(lease, member)
  const isWhole = condition === "clean" && (yield* rulesStand(member, ownerOfMember(lease.install, lease.pooled!)))
  if (condition === "held" || isWhole) return { report, device } satisfies Release
  return { report: yield* teardown(drivers, vm, device), device: [] } satisfies Release
})

/** Puts everything back. It cannot fail: what cannot be removed stays recorded under a `failed` lease. */
export const undo = Effect.fnUntraced(
  function* (drivers: Drivers, asked: Asked, touched: Touched, left: Array<string>) {
    const { vm } = asked.request
    const { device, report } = yield* undoMade(drivers, asked, touched)
    if (report.left.length > 0) {
      left.push(...report.problems)
      yield* keepLease(vm, report)
      return yield* Effect.logWarning(`${vm} is not all undone; run vmnet down ${vm}`, ...report.problems)
    }
    // Whoever had the address before may still be sent to: it cools down as long as after a `down`.
    yield* forgetLease(vm, { until: (yield* now) + asked.request.network.cooldown * 1000 }, device)
    const problems = yield* removeUnheldShares(drivers)
    if (problems.length > 0) yield* Effect.logWarning(`left behind by ${vm}`, ...problems.map(({ message }) => message))
  },
  (effect, _, { request: { vm } }) => Effect.catchCause(effect, (cause) => Effect.logWarning(`undoing ${vm}`, cause))
)

/**
 * The same for a lease whose lock has been given back: unless somebody else has taken it down since then, and made it anew
 * perhaps, it is taken down as any other. It cannot fail either.
 */
export const takeBack = (drivers: Drivers, { generation, vm }: Pick<Lease, "generation" | "vm">) =>
  Effect.asVoid(
    Effect.catchCause(down(drivers, vm, { generation }), (cause) => Effect.logWarning(`undoing ${vm}`, cause))
  )

/**
 * The same for one that was reserved and no more. Of a transaction that was rolled back nothing stands, and somebody else may have
 * been given its generation since then: who is up, or on the way down, is another.
 */
export const forgetReserved = (drivers: Drivers, { generation, vm }: Pick<Lease, "generation" | "vm">) => {
  const look = (tx: Tx) => {
    const record = findLease(tx, vm)
    return record?.state === "configuring" && record.lease.generation === generation ? record : undefined
  }
  return withLockLooking(`vm ${vm}`, look, (record, held) =>
    record === undefined ? Effect.void : detach(drivers, record, { held })
  ).pipe(
    Effect.catchCause((cause) => Effect.logWarning(`undoing ${vm}`, cause)),
    Effect.asVoid
  )
}
