import { Clock, Effect } from "effect"
import { releaseAddresses } from "../allocator/AddressAllocator.ts"
import { VmnetError } from "../errors/VmnetError.ts"
import { deleteLease, findLease, type LeaseRecord, setLeaseState } from "../ledger/LeaseRow.ts"
import { Ledger } from "../ledger/Ledger.ts"
import { withLock } from "../ledger/Locks.ts"
import { deleteResources, resourcesOf } from "../ledger/ResourceRow.ts"
import { removeUnheldShares } from "../plan/Shares.ts"
import { teardown } from "../plan/teardown.ts"
import type { Drivers } from "../resource/Drivers.ts"
import { checkCapabilities } from "./checkHost.ts"
import type { DownResult } from "./Vmnet.ts"

/** Detaches under the VM's lock. Shares that a crashed process left without a lease go along. */
export const down = Effect.fn("Vmnet.down")(function* (drivers: Drivers, vm: string) {
  return yield* withLock(`vm ${vm}`)(release(drivers, vm))
})

const release = Effect.fnUntraced(function* (drivers: Drivers, vm: string) {
  const ledger = yield* Ledger
  const record = yield* ledger.transact(`look up ${vm}`, (tx) => findLease(tx, vm))
  if (record === undefined) return { vm, outcome: "absent" } satisfies DownResult
  yield* checkCapabilities
  yield* detach(drivers, record)
  return { vm, outcome: "removed" } satisfies DownResult
})

/**
 * Takes a lease back: marked `releasing`, torn down, forgotten, and then what only it had kept alive. What cannot be
 * removed keeps the lease as `failed`, so that nothing is forgotten that still exists.
 */
export const detach = (drivers: Drivers, { lease, request }: LeaseRecord) =>
  Effect.gen(function* () {
    const ledger = yield* Ledger
    const { vm } = lease
    const owned = yield* ledger.transact(`release ${vm}`, (tx) => {
      setLeaseState(tx, vm, "releasing")
      return resourcesOf(tx, vm)
    })
    const report = yield* teardown(drivers, vm, owned)
    if (report.problems.length > 0) {
      yield* ledger.transact(`keep ${vm}`, (tx) => setLeaseState(tx, vm, "failed", report.problems))
      return yield* notRemoved(vm, report.problems)
    }
    const now = yield* Clock.currentTimeMillis
    yield* forgetLease(vm, now + request.network.cooldown * 1000)
    const problems = yield* removeUnheldShares(drivers)
    if (problems.length > 0) return yield* notRemoved(vm, problems)
  }).pipe(Effect.uninterruptible)

/** Forgets a lease whose objects are confirmed gone; its address cools down until `coolUntil`, or is free at once. */
export const forgetLease = Effect.fnUntraced(function* (vm: string, coolUntil: number | undefined) {
  const ledger = yield* Ledger
  yield* ledger.transact(`forget ${vm}`, (tx) => {
    deleteResources(tx, vm)
    releaseAddresses(tx, vm, coolUntil)
    deleteLease(tx, vm)
  })
})

const notRemoved = (vm: string, problems: ReadonlyArray<string>): VmnetError =>
  new VmnetError({
    code: "STEP_FAILED",
    detail: `${vm} is not all gone: ${problems.join("; ")}`,
    hint: `What is left is still recorded; run vmnet down ${vm} again.`,
    details: { vm, problems }
  })
