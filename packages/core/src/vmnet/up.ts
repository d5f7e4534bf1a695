import { Effect } from "effect"
import { forgetFormerOwners } from "../allocator/AddressAllocator.ts"
import { type Reservation, reserve } from "../allocator/reserve.ts"
import type { Backend } from "../backend/Backend.ts"
import { VmnetError } from "../errors/VmnetError.ts"
import { findLease, type LeaseRecord, setLeaseState } from "../ledger/LeaseRow.ts"
import { Ledger, type Tx } from "../ledger/Ledger.ts"
import { withLockLooking } from "../ledger/Locks.ts"
import { networkInUse } from "../ledger/NetworkRow.ts"
import { findOrphan, orphansOn } from "../ledger/OrphanRow.ts"
import { shareState } from "../ledger/ShareRow.ts"
import { orphanShare, recordLost } from "../rebuild/orphanErrors.ts"
import { markPresent, resourcesOf } from "../ledger/ResourceRow.ts"
import { InterfaceName } from "../names/InterfaceName.ts"
import { HostProbe } from "../ops/HostProbe.ts"
import { applyResources, type Touched } from "../plan/apply.ts"
import type { Attachment } from "../plan/Attachment.ts"
import type { AttachRequest } from "../plan/AttachRequest.ts"
import type { Lease } from "../plan/Lease.ts"
import type { Share } from "../plan/Plan.ts"
import { ensureShare, removeUnheldShares } from "../plan/Shares.ts"
import { teardown } from "../plan/teardown.ts"
import { inspectLeased, type Release } from "../pool/giveBack.ts"
import { rulesStand } from "../pool/inspectMember.ts"
import { memberOf, splitPlan } from "../pool/memberResources.ts"
import { ownerOfMember } from "../pool/reserveMember.ts"
import type { Drivers } from "../resource/Drivers.ts"
import type { Resource } from "../resource/Resource.ts"
import { backendOf } from "./backendOf.ts"
import { avoidTaken } from "./avoidTaken.ts"
import { checkCapabilities } from "./checkHost.ts"
import { detach, forgetLease, keepLease, keptWith } from "./down.ts"
import { now } from "./now.ts"
import { lostOf, notWhole } from "./observe.ts"
import { explainTaken } from "./onNoRecord.ts"
import { type Asked, prepare, retrying } from "./prepare.ts"
import { Progress } from "./Progress.ts"
import { sameRequest, vmConflict } from "./sameRequest.ts"
import type { UpResult } from "./Vmnet.ts"

/** Attaches under the VM's lock: one verb at a time works on a VM. */
export const up = Effect.fn("Vmnet.up")(function* (drivers: Drivers, request: AttachRequest) {
  const backend = yield* backendOf(request)
  const asked = { backend, request }
  return yield* withLockLooking(
    `vm ${request.vm}`,
    (tx) => lookFor(tx, request),
    (found) => answer(drivers, asked, found)
  )
})

/** What the ledger knows of a VM that is to come up, and of its network. */
export const lookFor = (tx: Tx, { vm, network }: AttachRequest) => {
  const share = `net.${network.network}`
  return {
    known: findLease(tx, vm),
    orphan: findOrphan(tx, vm),
    orphans: shareState(tx, share) === "orphan" ? orphansOn(tx, share) : [],
    isLive: networkInUse(tx, network.network, vm)
  }
}

const answer = Effect.fnUntraced(function* (
  drivers: Drivers,
  asked: Pick<Asked, "backend" | "request">,
  { known, orphan, orphans, isLive }: ReturnType<typeof lookFor>
) {
  const { request } = asked
  const probe = yield* HostProbe
  if (known?.state === "active" && !ownerGone(probe, known)) return yield* existing(drivers, known, request)
  // Of a VM or a network whose record was lost nobody can say whether it is what is asked for.
  if (known === undefined && orphan !== undefined) return yield* recordLost(request.vm)
  if (known === undefined && orphans.length > 0)
    return yield* orphanShare(`network ${request.network.network}`, orphans)
  yield* checkCapabilities(request)
  // Its owner is gone, or whoever began it, for we hold the VM's lock: what they left goes first.
  if (known !== undefined) yield* detach(drivers, known)
  return yield* attach(drivers, { ...asked, isLive: isLive && known === undefined })
})

export const ownerGone = (probe: HostProbe["Service"], { request: { owner } }: LeaseRecord): boolean =>
  owner !== undefined && !probe.alive(owner)

/** The same answer again, if it is still true: a VM whose TAP somebody deleted is not up. */
export const existing = Effect.fnUntraced(function* (drivers: Drivers, known: LeaseRecord, request: AttachRequest) {
  if (!sameRequest(known.request, request)) return yield* vmConflict(known.request, request)
  const lost = yield* lostOf(drivers, request.vm)
  if (lost.length > 0) return yield* notWhole(request.vm, lost)
  return { attachment: known.attachment, existing: true } satisfies UpResult
})

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

/** A device name that turns out to be taken by somebody else's device is exchanged for another. */
const attach = Effect.fnUntraced(function* (drivers: Drivers, { backend, isLive, request }: Omit<Asked, "avoid">) {
  const avoid = new Set<string>()
  const left: Array<string> = []
  const isTaken = ({ code, details }: VmnetError) =>
    code === "NAME_TAKEN" &&
    left.length === 0 &&
    isOurs(backend, request, details?.["name"]) &&
    isFresh(avoid, details?.["name"])
  let believed = isLive
  const work = Effect.suspend(() => {
    const asked: Asked = { request, backend, avoid, ...(believed && { isLive: true }) }
    // Believed once: an attempt that failed may have failed for that.
    believed = false
    return Effect.andThen(avoidTaken(asked, avoid), () => attempt(drivers, asked, left))
  })
  return yield* Effect.catch(retrying(isTaken)(work), (error) => Effect.flatMap(explainTaken(error), Effect.fail))
})

/** Whether another name could be had in its place. */
export const isOurs = ({ namespaces }: Backend, { address, network }: AttachRequest, name: unknown): name is string =>
  typeof name === "string" &&
  (InterfaceName.matches(name) || (address === undefined && namespaces?.addressOf(network, name) !== undefined))

export const isFresh = (avoid: Set<string>, name: string): boolean => {
  if (avoid.has(name)) return false
  avoid.add(name)
  return true
}

/** What could not be undone of it is added to `left`. */
const attempt = Effect.fnUntraced(function* (drivers: Drivers, asked: Asked, left: Array<string>) {
  const { vm } = asked.request
  const ledger = yield* Ledger
  const report = yield* Progress
  yield* report({ vm, step: "check the host" })
  const options = yield* prepare(asked)
  yield* report({ vm, step: "reserve" })
  const touched: Touched = new Set()
  // The VM's lock is ours and it had no lease: whatever lease it has when something fails is this attempt's.
  return yield* Effect.uninterruptibleMask((restore) =>
    ledger
      .transact(`reserve ${vm}`, (tx) => withAbsentShares(tx, reserve(tx, options)))
      .pipe(
        Effect.tap((reservation) => restore(make(drivers, asked, reservation, touched))),
        Effect.flatMap(complete),
        // Who is interrupted up to here never learns that the VM is up: the last moment to take it back.
        Effect.tap(() => restore(Effect.void)),
        Effect.onError(() => undo(drivers, asked, touched, left))
      )
  )
})

/** A reservation, and which of its shares have to be made: those that are there stay, for the lease holds them now. */
export type Reserved = Reservation & {
  readonly absent: ReadonlyArray<{ readonly share: Share; readonly rank: number }>
}

export const withAbsentShares = (tx: Tx, reservation: Reservation): Reserved => ({
  ...reservation,
  absent: reservation.plan.shares
    .map((share, rank) => ({ share, rank }))
    .filter(({ share }) => shareState(tx, share.key) !== "present")
})

const make = Effect.fnUntraced(function* (
  drivers: Drivers,
  { backend, request }: Asked,
  { absent, plan, owned, lease, claimed }: Reserved,
  touched: Touched
) {
  if (claimed) yield* checkClaimed(lease, splitPlan(backend, request, lease, plan.resources).member)
  for (const { rank, share } of absent) yield* ensureShare(drivers, share, rank)
  yield* applyResources(drivers, lease.vm, owned, touched)
})

const complete = Effect.fnUntraced(function* ({ lease, plan }: Reservation) {
  const ledger = yield* Ledger
  yield* ledger.transact(`confirm ${lease.vm}`, (tx) => {
    markPresent(tx, lease.vm)
    setLeaseState(tx, lease.vm, "active")
    forgetFormerOwners(tx, lease.vm)
  })
  const attachment: Attachment = { ...plan.attachment, state: "active" }
  return { attachment, existing: false } satisfies UpResult
})

/** A device out of the pool that somebody has opened or changed meanwhile is passed over for another. */
export const checkClaimed = Effect.fnUntraced(function* (lease: Lease, member: ReadonlyArray<Resource>) {
  const rules = rulesStand(member, ownerOfMember(lease.install, lease.pooled!))
  const [condition, isJudged] = yield* Effect.all([inspectLeased(lease, member), rules], { concurrency: 2 })
  if (condition === "clean" && isJudged) return
  const found = condition === "held" ? "is held open by another process" : "is not as it was made"
  return yield* new VmnetError({
    code: "NAME_TAKEN",
    detail: `${lease.vm}: ${lease.device}, ready in the pool of ${lease.network.network}, ${found}`,
    hint: `See who has it with: grep -l ${lease.device} /proc/*/fdinfo/*`,
    details: { vm: lease.vm, name: lease.device }
  })
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
