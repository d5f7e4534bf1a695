import { Effect } from "effect"
import { type Cooling, releaseAddresses } from "../allocator/AddressAllocator.ts"
import { Backends } from "../backend/Backends.ts"
import { VmnetError } from "../errors/VmnetError.ts"
import { deleteLease, findLease, type LeaseRecord, setLeaseState } from "../ledger/LeaseRow.ts"
import { Ledger, type Tx } from "../ledger/Ledger.ts"
import { type Held, withLockLooking } from "../ledger/Locks.ts"
import { findOrphan } from "../ledger/OrphanRow.ts"
import { deleteResources, keepResources, type OwnedResource, resourcesOf } from "../ledger/ResourceRow.ts"
import { unheldShares } from "../ledger/ShareRow.ts"
import { removeUnheldShares } from "../plan/Shares.ts"
import { HostProbe } from "../ops/HostProbe.ts"
import { merge, rehearseTeardown, type Teardown, teardown, type TeardownReport } from "../plan/teardown.ts"
import { inspectLeased, isWanted, mayBeUsed, type Release, releaseMember } from "../pool/giveBack.ts"
import { memberOf } from "../pool/memberResources.ts"
import type { Drivers } from "../resource/Drivers.ts"
import { resourceName } from "../resource/identity.ts"
import { checkCapabilities, isCapable } from "./checkHost.ts"
import { afterCutOff, type Behind, intendCutOff } from "./cutOff.ts"
import { detachOrphan } from "./downOrphan.ts"
import { now } from "./now.ts"
import type { DownOptions, DownResult, LeftAlone } from "./Vmnet.ts"

/** Detaches under the VM's lock; with `behind`, most of it behind an answer, where the VM can be cut off at once. */
export const down = Effect.fn("Vmnet.down")(function* (
  drivers: Drivers,
  vm: string,
  { generation }: DownOptions = {},
  behind?: Behind
) {
  const [backends, probe] = [yield* Backends, yield* HostProbe]
  const look = (tx: Tx) => {
    const record = findLease(tx, vm)
    const isAnother = generation !== undefined && record !== undefined && record.lease.generation !== generation
    const owned =
      record === undefined || isAnother || !isCapable(backends, probe, record.request)
        ? undefined
        : startReleasing(tx, vm, record.state)
    const cut =
      behind === undefined || record === undefined || owned === undefined ? undefined : intendCutOff(tx, record, owned)
    return { record, isAnother, cut, owned: owned !== undefined && cut !== undefined ? [cut.cut, ...owned] : owned }
  }
  return yield* withLockLooking(`vm ${vm}`, look, ({ cut, isAnother, owned, record }, held) =>
    Effect.gen(function* () {
      if (isAnother) return { vm, outcome: "absent" } satisfies DownResult
      if (record === undefined) return yield* releaseUnrecorded(drivers, vm, generation)
      yield* checkCapabilities(record.request)
      const rest = detach(drivers, record, { owned, held, tearDown: behind?.tearDown })
      const { report } = yield* cut === undefined || behind === undefined
        ? rest
        : afterCutOff(drivers, cut, behind, rest)
      return removed(vm, report)
    })
  )
})

/** From here on it is being taken down, whoever goes on with it. */
export const startReleasing = (tx: Tx, vm: string, state = findLease(tx, vm)?.state): ReadonlyArray<OwnedResource> => {
  setLeaseState(tx, vm, "releasing")
  const owned = resourcesOf(tx, vm)
  return state === "releasing" || state === "failed" ? owned.map(perhapsHalfGone) : owned
}

/**
 * A namespace goes in two steps, and is not tagged between them: what is unmounted has left its name. Whoever died there, or
 * failed, has left one of ours, as half made as one that was never finished.
 */
const perhapsHalfGone = (owned: OwnedResource): OwnedResource =>
  owned.resource.kind === "Netns" ? { ...owned, state: "intent" } : owned

/** A VM whose record was lost, if there is one, and what others have left. */
const releaseUnrecorded = Effect.fnUntraced(function* (drivers: Drivers, vm: string, generation: number | undefined) {
  const ledger = yield* Ledger
  const orphan = yield* ledger.transact(`look up ${vm}`, (tx) => findOrphan(tx, vm))
  const isAnother = generation !== undefined && orphan?.generation !== generation
  const report = orphan === undefined || isAnother ? undefined : yield* detachOrphan(drivers, vm)
  if (report !== undefined && report.left.length > 0) return yield* notRemoved(vm, report.problems)
  yield* removeLeftShares(drivers, vm)
  return report === undefined ? ({ vm, outcome: "absent" } satisfies DownResult) : removed(vm, report)
})

export const removed = (vm: string, report: TeardownReport): DownResult => {
  const left = report.foreign.map(({ resource }): LeftAlone => ({ kind: resource.kind, name: resourceName(resource) }))
  return { vm, outcome: "removed", ...(left.length === 0 ? {} : { left }) }
}

/** Takes a lease back, and then what only it had kept alive. Fails where something of it is left. */
export const detach = (drivers: Drivers, record: LeaseRecord, begun: Begun = {}) =>
  Effect.gen(function* () {
    const { vm } = record.lease
    const done = yield* detachLease(drivers, record, begun)
    if (done.report.left.length > 0) return yield* notRemoved(vm, done.report.problems)
    if (done.leavesShares) yield* removeLeftShares(drivers, vm)
    return done
  }).pipe(Effect.uninterruptible)

/** What the caller has done: read what is to go, as `startReleasing` does, and taken a lock that is free when all is done. */
interface Begun {
  readonly owned?: ReadonlyArray<OwnedResource> | undefined
  readonly held?: Held
  /** How what is to go is torn down, where that is not to be at once. */
  readonly tearDown?: Teardown | undefined
}

/** What became of a lease, and whether there are shares now that nobody holds. */
type Detached = Release & { readonly leavesShares: boolean }

/**
 * Takes a lease back, but for what several VMs share: marked `releasing`, torn down, forgotten. What cannot be removed
 * keeps the lease as `failed`, so that nothing is forgotten that still exists. Says what became of it.
 */
export const detachLease = (
  drivers: Drivers,
  { lease, request }: Leased,
  { held, owned: read, tearDown = teardown }: Begun = {}
) =>
  Effect.gen(function* () {
    const ledger = yield* Ledger
    const { vm } = lease
    const owned = read ?? (yield* ledger.transact(`release ${vm}`, (tx) => startReleasing(tx, vm)))
    const removed = yield* removeLease(drivers, { lease, request }, owned, tearDown)
    return yield* conclude(drivers, { lease, request }, removed, held, tearDown)
  }).pipe(Effect.uninterruptible)

/** What `detachLease` would do. Whether a pool takes a device back is only known when all else is off it: it may. */
export const rehearseDetach = Effect.fnUntraced(function* (
  drivers: Drivers,
  leased: Leased,
  owned: ReadonlyArray<OwnedResource>
) {
  const { lease, request } = leased
  const member = memberOf((yield* Backends).get(request.backend), request, lease, owned)
  const isReturned = member.length > 0 && (yield* hasPlace(leased)) && !(yield* mayBeUsed(lease.device, request.owner))
  const device = isReturned ? member : []
  const own = owned.filter((resource) => !device.includes(resource))
  return { report: yield* rehearseTeardown(drivers, lease.vm, own), device } satisfies Release
})

type Leased = Pick<LeaseRecord, "lease" | "request">

/**
 * Tears down all of a lease, but for a device that its pool takes back: then all that was the VM's is off it. From one that
 * somebody has open nothing is taken that judges him.
 */
const removeLease = Effect.fnUntraced(function* (
  drivers: Drivers,
  leased: Leased,
  owned: ReadonlyArray<OwnedResource>,
  tearDown: Teardown
) {
  const { lease, request } = leased
  const backend = (yield* Backends).get(request.backend)
  const device = memberOf(backend, request, lease, owned)
  const whole = (resources: ReadonlyArray<OwnedResource>) =>
    Effect.map(tearDown(drivers, lease.vm, resources), (report): Release => ({ report, device: [] }))
  const isReturned = device.length > 0 && (yield* hasPlace(leased)) && !(yield* mayBeUsed(lease.device, request.owner))
  if (!isReturned) return yield* whole(owned)
  const own = owned.filter((resource) => !device.includes(resource))
  const report = yield* tearDown(drivers, lease.vm, own)
  if (report.left.length > 0) return keptWith(device, report)
  const member = device.map(({ resource }) => resource)
  if ((yield* inspectLeased(lease, member)) === "clean") return { report, device } satisfies Release
  return { report: merge([report, yield* tearDown(drivers, lease.vm, device)]), device: [] } satisfies Release
})

const sizesOf = Effect.fnUntraced(function* ({ backend, network }: LeaseRecord["request"]) {
  return (yield* Backends).get(backend)?.pooling?.sizes(network)
})

/** A look ahead: it is decided when the device goes back. */
const hasPlace = Effect.fnUntraced(function* ({ lease, request }: Leased) {
  const ledger = yield* Ledger
  const sizes = yield* sizesOf(request)
  return yield* ledger.transact(`look at the pool of ${lease.vm}`, (tx) => isWanted(tx, lease, sizes))
})

/**
 * Forgets what is confirmed gone, and keeps what is not. Whether the pool has a place for the device is decided in the
 * very transaction that gives it back: another VM's may have taken the last one meanwhile, then it goes as well.
 */
const conclude = Effect.fnUntraced(function* (
  drivers: Drivers,
  { lease, request }: Leased,
  removed: Release,
  held: Held | undefined,
  tearDown: Teardown
): Effect.fn.Return<Detached, VmnetError, Ledger | Backends | HostProbe> {
  const last = held?.last ?? (yield* unlocked)
  const { vm } = lease
  const sizes = yield* sizesOf(request)
  const cooling = yield* coolingOf(request)
  const forgotten = yield* last(`forget ${vm}`, (tx, release) => {
    if (removed.report.left.length > 0) return undefined
    if (removed.device.length > 0 && !isWanted(tx, lease, sizes)) return undefined
    forgetRows(tx, vm, cooling, removed.device)
    const leavesShares = unheldShares(tx).length > 0
    if (!leavesShares) release()
    return { leavesShares }
  })
  if (forgotten !== undefined) return { ...removed, ...forgotten }
  const { report, device } = removed
  const rest = report.left.length > 0 ? report : merge([report, yield* tearDown(drivers, vm, device)])
  if (rest.left.length > 0) {
    yield* keepLease(vm, rest)
    return { report: rest, device: [], leavesShares: false }
  }
  yield* forgetLease(vm, cooling, [])
  return { report: rest, device: [], leavesShares: true }
})

/** For whoever has no lock of this VM's own to give back with the last transaction. */
const unlocked = Effect.map(
  Ledger,
  ({ transact }): Held["last"] =>
    (name, f) =>
      transact(name, (tx) => f(tx, () => {}))
)

/** Taken down under an owner that runs, an address is not the next VM's to have: he may be using it still. */
export const coolingOf = Effect.fnUntraced(function* ({ network, owner }: LeaseRecord["request"]) {
  const probe = yield* HostProbe
  const until = (yield* now) + network.cooldown * 1000
  const cooling: Cooling = { until, ...(owner !== undefined && probe.alive(owner) && { owner }) }
  return cooling
})

/** What stays of a lease has the device of its pool with it. */
export const keptWith = (device: ReadonlyArray<OwnedResource>, report: TeardownReport): Release => ({
  report: { ...report, left: [...device, ...report.left] },
  device: []
})

/** What only this VM had kept alive, and what a `down` or a process that did not come to its end has left without a lease. */
export const removeLeftShares = Effect.fnUntraced(function* (drivers: Drivers, vm: string) {
  const problems = yield* removeUnheldShares(drivers)
  if (problems.length === 0) return
  const messages = problems.map(({ message }) => message)
  return yield* notRemoved(
    vm,
    messages,
    problems.filter(isNoStep).flatMap(({ hint }) => hint ?? [])
  )
})

export const forgetLease = Effect.fnUntraced(function* (
  vm: string,
  cooling: Cooling,
  device: ReadonlyArray<OwnedResource>
) {
  const ledger = yield* Ledger
  yield* ledger.transact(`forget ${vm}`, (tx) => forgetRows(tx, vm, cooling, device))
})

/**
 * Forgets a lease whose objects are confirmed gone; its address cools down. `device`
 * goes back to the pool it is from.
 */
export const forgetRows = (tx: Tx, vm: string, cooling: Cooling, device: ReadonlyArray<OwnedResource> = []): void => {
  const known = findLease(tx, vm)
  if (known !== undefined) releaseMember(tx, known.lease, device)
  deleteResources(tx, vm)
  releaseAddresses(tx, vm, cooling)
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

/** What kept it from being tried at all has a way out of its own. */
const isNoStep = ({ code }: VmnetError): boolean => code !== "STEP_FAILED"

export const notRemoved = (
  vm: string,
  problems: ReadonlyArray<string>,
  hints: ReadonlyArray<string> = []
): VmnetError =>
  new VmnetError({
    code: "STEP_FAILED",
    detail: `${vm} is not all gone: ${problems.join("; ")}`,
    hint: [...new Set(hints), `What is left is still recorded; run vmnet down ${vm} again.`].join(" "),
    details: { vm, problems }
  })
