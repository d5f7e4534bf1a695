import { Effect, Result } from "effect"
import type { Cooling } from "../../allocator/AddressAllocator.ts"
import { Backends } from "../../backend/Backends.ts"
import type { VmnetError } from "../../errors/VmnetError.ts"
import { findLease, type LeaseRecord, setLeaseState } from "../../ledger/LeaseRow.ts"
import type { Tx } from "../../ledger/Ledger.ts"
import { type Held, withFreeLocks } from "../../ledger/Locks.ts"
import { findOrphan } from "../../ledger/OrphanRow.ts"
import { keepResources, type OwnedResource } from "../../ledger/ResourceRow.ts"
import { severalWords } from "../../ledger/severalWords.ts"
import { unheldShares } from "../../ledger/ShareRow.ts"
import { HostProbe } from "../../ops/HostProbe.ts"
import { teardownTogether, type TeardownReport } from "../../plan/teardown.ts"
import type { Drivers } from "../../resource/Drivers.ts"
import { isCapable } from "../checkHost.ts"
import { coolingOf, detachLease, forgetRows, notRemoved, removed, removeLeftShares, startReleasing } from "../down.ts"
import type { DownResult } from "../Vmnet.ts"
import { reportsOf } from "./reportsOf.ts"

/** What became of the VMs of a chunk. Those it says nothing of are for `down`, one by one. */
export type DownAnswers = Map<string, Result.Result<DownResult, VmnetError>>

/** A VM that is on record, marked as being taken down. */
interface Releasing {
  readonly vm: string
  readonly record: LeaseRecord
  readonly owned: ReadonlyArray<OwnedResource>
}

interface Seen {
  readonly releasing: ReadonlyArray<Releasing>
  readonly absent: ReadonlyArray<string>
}

/** Takes down together those whose locks are free. Fails only where the record cannot be read or written. */
export const downChunk = Effect.fnUntraced(function* (drivers: Drivers, vms: ReadonlyArray<string>) {
  const [backends, probe] = [yield* Backends, yield* HostProbe]
  const byLock = new Map(vms.map((vm) => [`vm ${vm}`, vm]))
  const look = (tx: Tx, taken: ReadonlyArray<string>): Seen => {
    const known = taken.map((key) => ({ vm: byLock.get(key)!, record: findLease(tx, byLock.get(key)!) }))
    const isOurs = (record: LeaseRecord) => isCapable(backends, probe, record.request)
    return {
      absent: known.flatMap(({ record, vm }) => ((record ?? findOrphan(tx, vm)) === undefined ? [vm] : [])),
      releasing: known.flatMap(({ record, vm }) =>
        record !== undefined && isOurs(record) ? [{ vm, record, owned: startReleasing(tx, vm, record.state) }] : []
      )
    }
  }
  return yield* withFreeLocks([...byLock.keys()], look, (seen, held) => detachMany(drivers, seen, held))
})

const detachMany = Effect.fnUntraced(function* (drivers: Drivers, { absent, releasing }: Seen, held: Held) {
  const answers: DownAnswers = new Map()
  for (const one of releasing.filter(isPooled)) answers.set(one.vm, yield* detachPooled(drivers, one))
  for (const [vm, report] of yield* tearDownMany(
    drivers,
    releasing.filter((one) => !isPooled(one)),
    held
  )) {
    answers.set(vm, verdict(vm, report))
  }
  for (const vm of absent) answers.set(vm, Result.succeed({ vm, outcome: "absent" }))
  // As one by one: it is the last of them whose `down` removes what nobody uses any more, and says what it could not.
  const last = [...answers.keys()].findLast((vm) => Result.isSuccess(answers.get(vm)!))
  if (last === undefined) return answers
  const shares = yield* Effect.result(removeLeftShares(drivers, last))
  if (Result.isFailure(shares)) answers.set(last, Result.fail(shares.failure))
  return answers
}, Effect.uninterruptible)

const isPooled = ({ record }: Releasing): boolean => record.lease.pooled !== undefined

const verdict = (vm: string, report: TeardownReport): Result.Result<DownResult, VmnetError> =>
  report.left.length > 0 ? Result.fail(notRemoved(vm, report.problems)) : Result.succeed(removed(vm, report))

/** Whether its device goes back to the pool is a question of each alone. */
const detachPooled = Effect.fnUntraced(function* (drivers: Drivers, { owned, record, vm }: Releasing) {
  const done = yield* Effect.result(detachLease(drivers, record, { owned }))
  return Result.flatMap(done, ({ report }) => verdict(vm, report))
})

/** All of them in one teardown, and forgotten in one transaction; what is left of one is kept as its own. */
const tearDownMany = Effect.fnUntraced(function* (drivers: Drivers, releasing: ReadonlyArray<Releasing>, held: Held) {
  if (releasing.length === 0) return new Map<string, TeardownReport>()
  const subject = severalWords(releasing.map(({ vm }) => vm))
  const plans = new Map(releasing.map(({ owned, vm }) => [vm, owned]))
  const reports = reportsOf(plans, yield* teardownTogether(drivers, subject, [...plans.values()]))
  const cooling = yield* Effect.forEach(releasing, ({ record }) => coolingOf(record.request))
  yield* held.last(`forget ${subject}`, (tx, release) => {
    for (const [index, { vm }] of releasing.entries()) keepOrForget(tx, vm, reports.get(vm)!, cooling[index]!)
    if (unheldShares(tx).length === 0) release()
  })
  return reports
})

const keepOrForget = (tx: Tx, vm: string, { left, problems }: TeardownReport, cooling: Cooling): void => {
  if (left.length === 0) return forgetRows(tx, vm, cooling)
  keepResources(tx, vm, left)
  setLeaseState(tx, vm, "failed", problems)
}
