import { Effect } from "effect"
import { releaseAddresses } from "../allocator/AddressAllocator.ts"
import { Backends } from "../backend/Backends.ts"
import { VmnetError } from "../errors/VmnetError.ts"
import { deleteLease, findLease, type LeaseRecord, setLeaseState } from "../ledger/LeaseRow.ts"
import { Ledger, type Tx } from "../ledger/Ledger.ts"
import { withLock } from "../ledger/Locks.ts"
import { deleteResources, keepResources, type OwnedResource, resourcesOf } from "../ledger/ResourceRow.ts"
import type { Lease } from "../plan/Lease.ts"
import { removeUnheldShares } from "../plan/Shares.ts"
import { teardown, type TeardownReport } from "../plan/teardown.ts"
import { inspectLeased, isWanted, type Release, releaseMember } from "../pool/giveBack.ts"
import { memberOf } from "../pool/memberResources.ts"
import type { PoolSizes } from "../pool/Pooling.ts"
import type { Drivers } from "../resource/Drivers.ts"
import { checkCapabilities } from "./checkHost.ts"
import { now } from "./now.ts"
import type { DownOptions, DownResult } from "./Vmnet.ts"

/** Detaches under the VM's lock. */
export const down = Effect.fn("Vmnet.down")(function* (drivers: Drivers, vm: string, options: DownOptions = {}) {
  return yield* withLock(`vm ${vm}`)(release(drivers, vm, options))
})

const release = Effect.fnUntraced(function* (drivers: Drivers, vm: string, { generation }: DownOptions) {
  const ledger = yield* Ledger
  const record = yield* ledger.transact(`look up ${vm}`, (tx) => findLease(tx, vm))
  const isAnother = generation !== undefined && record !== undefined && record.lease.generation !== generation
  if (isAnother) return { vm, outcome: "absent" } satisfies DownResult
  if (record !== undefined) yield* checkCapabilities(record.request)
  yield* record === undefined ? removeLeftShares(drivers, vm) : detach(drivers, record)
  return { vm, outcome: record === undefined ? "absent" : "removed" } satisfies DownResult
})

/**
 * Takes a lease back: marked `releasing`, torn down, forgotten, and then what only it had kept alive. What cannot be
 * removed keeps the lease as `failed`, so that nothing is forgotten that still exists. Says what became of it.
 */
export const detach = (drivers: Drivers, { lease, request }: LeaseRecord) =>
  Effect.gen(function* () {
    const ledger = yield* Ledger
    const { vm } = lease
    const owned = yield* ledger.transact(`release ${vm}`, (tx) => {
      setLeaseState(tx, vm, "releasing")
      return resourcesOf(tx, vm)
    })
    const { device, report } = yield* removeLease(drivers, { lease, request }, owned)
    if (report.left.length > 0) {
      yield* keepLease(vm, report)
      return yield* notRemoved(vm, report.problems)
    }
    const time = yield* now
    yield* forgetLease(vm, time + request.network.cooldown * 1000, device)
    yield* removeLeftShares(drivers, vm)
    return { report, device } satisfies Release
  }).pipe(Effect.uninterruptible)

/** Tears down all of a lease, but for a device that its pool takes back: then all that was the VM's is off it. */
const removeLease = Effect.fnUntraced(function* (
  drivers: Drivers,
  { lease, request }: Pick<LeaseRecord, "lease" | "request">,
  owned: ReadonlyArray<OwnedResource>
) {
  const backend = (yield* Backends).get(request.backend)
  const device = memberOf(backend, request, lease, owned)
  const whole = (resources: ReadonlyArray<OwnedResource>) =>
    Effect.map(teardown(drivers, lease.vm, resources), (report): Release => ({ report, device: [] }))
  if (device.length === 0 || !(yield* hasRoom(lease, backend?.pooling?.sizes(request.network)))) {
    return yield* whole(owned)
  }
  const own = owned.filter((resource) => !device.includes(resource))
  const report = yield* teardown(drivers, lease.vm, own)
  if (report.left.length > 0) return keptWith(device, report)
  return (yield* inspectLeased(lease)) === "clean" ? { report, device } : yield* whole(device)
})

/** What stays of a lease has the device of its pool with it. */
export const keptWith = (device: ReadonlyArray<OwnedResource>, report: TeardownReport): Release => ({
  report: { ...report, left: [...device, ...report.left] },
  device: []
})

const hasRoom = Effect.fnUntraced(function* (lease: Lease, sizes: PoolSizes | undefined) {
  const ledger = yield* Ledger
  return yield* ledger.transact(`look at the pool of ${lease.vm}`, (tx) => isWanted(tx, lease, sizes))
})

/** What only this VM had kept alive, and what a `down` or a process that did not come to its end has left without a lease. */
const removeLeftShares = Effect.fnUntraced(function* (drivers: Drivers, vm: string) {
  const problems = yield* removeUnheldShares(drivers)
  if (problems.length > 0) return yield* notRemoved(vm, problems)
})

export const forgetLease = Effect.fnUntraced(function* (
  vm: string,
  coolUntil: number | undefined,
  device: ReadonlyArray<OwnedResource>
) {
  const ledger = yield* Ledger
  yield* ledger.transact(`forget ${vm}`, (tx) => forgetRows(tx, vm, coolUntil, device))
})

/**
 * Forgets a lease whose objects are confirmed gone; its address cools down until `coolUntil`, or is free at once. `device`
 * goes back to the pool it is from.
 */
export const forgetRows = (
  tx: Tx,
  vm: string,
  coolUntil: number | undefined,
  device: ReadonlyArray<OwnedResource> = []
): void => {
  const known = findLease(tx, vm)
  if (known !== undefined) releaseMember(tx, known.lease, device)
  deleteResources(tx, vm)
  releaseAddresses(tx, vm, coolUntil)
  deleteLease(tx, vm)
}

/** Keeps a lease with what could not be removed of it; no word of what was never made or has gone. */
export const keepLease = Effect.fnUntraced(function* (vm: string, { left, problems }: TeardownReport) {
  const ledger = yield* Ledger
  yield* ledger.transact(`keep ${vm}`, (tx) => {
    keepResources(tx, vm, left)
    setLeaseState(tx, vm, "failed", problems)
  })
})

const notRemoved = (vm: string, problems: ReadonlyArray<string>): VmnetError =>
  new VmnetError({
    code: "STEP_FAILED",
    detail: `${vm} is not all gone: ${problems.join("; ")}`,
    hint: `What is left is still recorded; run vmnet down ${vm} again.`,
    details: { vm, problems }
  })
