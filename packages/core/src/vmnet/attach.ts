import { Effect } from "effect"
import { forgetFormerOwners } from "../allocator/AddressAllocator.ts"
import { type Reservation, reserve } from "../allocator/reserve.ts"
import type { Backend } from "../backend/Backend.ts"
import { VmnetError } from "../errors/VmnetError.ts"
import { setLeaseState } from "../ledger/LeaseRow.ts"
import { Ledger } from "../ledger/Ledger.ts"
import type { Held } from "../ledger/Locks.ts"
import { markPresent } from "../ledger/ResourceRow.ts"
import { InterfaceName } from "../names/InterfaceName.ts"
import { applyResources, type Touched } from "../plan/apply.ts"
import type { Attachment } from "../plan/Attachment.ts"
import type { AttachRequest } from "../plan/AttachRequest.ts"
import type { Lease } from "../plan/Lease.ts"
import { ensureShare } from "../plan/Shares.ts"
import { inspectLeased } from "../pool/giveBack.ts"
import { rulesStand } from "../pool/inspectMember.ts"
import { splitPlan } from "../pool/memberResources.ts"
import { ownerOfMember } from "../pool/reserveMember.ts"
import type { Drivers } from "../resource/Drivers.ts"
import type { Resource } from "../resource/Resource.ts"
import { avoidTaken } from "./avoidTaken.ts"
import { type Early, taken } from "./early.ts"
import { explainTaken } from "./onNoRecord.ts"
import { type Asked, prepare, retrying } from "./prepare.ts"
import { Progress } from "./Progress.ts"
import { type Reserved, withAbsentShares } from "./reserved.ts"
import { takeBack, undo } from "./undo.ts"
import type { UpResult } from "./Vmnet.ts"

/** The VM's lock, and what may have been reserved with it. */
export interface Beginning {
  readonly held: Held
  readonly early: Early
}

/** A device name that turns out to be taken by somebody else's device is exchanged for another. */
export const attach = Effect.fnUntraced(function* (
  drivers: Drivers,
  { backend, isLive, request }: Omit<Asked, "avoid">,
  beginning: Beginning
) {
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
    return Effect.andThen(avoidTaken(asked, avoid), () => attempt(drivers, asked, beginning, left))
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
const attempt = Effect.fnUntraced(function* (
  drivers: Drivers,
  asked: Asked,
  { early, held }: Beginning,
  left: Array<string>
) {
  const reservation = early.reserved === undefined ? yield* reservingNow(asked) : Effect.sync(() => taken(early)!)
  const touched: Touched = new Set()
  let up: Lease | undefined
  const putBack = Effect.fnUntraced(function* (lease: Lease | undefined) {
    if (lease === undefined) yield* undo(drivers, asked, touched, left)
    else yield* takeBack(drivers, lease)
  })
  // The VM's lock is ours and it had no lease: whatever lease it has when something fails is this attempt's.
  return yield* Effect.uninterruptibleMask((restore) =>
    reservation.pipe(
      Effect.tap((reserved) => restore(make(drivers, asked, reserved, touched))),
      Effect.flatMap((reserved) =>
        Effect.tap(complete(held, reserved), () => Effect.sync(() => (up = reserved.lease)))
      ),
      // Who is interrupted up to here never learns that the VM is up: the last moment to take it back.
      Effect.tap(() => restore(Effect.void)),
      Effect.onError(() => putBack(up))
    )
  )
})

/** Looks at the host, and gives what reserves. */
const reservingNow = Effect.fnUntraced(function* (asked: Asked) {
  const { vm } = asked.request
  const ledger = yield* Ledger
  const report = yield* Progress
  yield* report({ vm, step: "check the host" })
  const options = yield* prepare(asked)
  yield* report({ vm, step: "reserve" })
  return ledger.transact(`reserve ${vm}`, (tx) => withAbsentShares(tx, reserve(tx, options)))
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

/** There is nothing left to do under the lock: it is free with the VM's being up. */
const complete = ({ last }: Held, { lease, plan }: Reservation) => {
  const confirmed = last(`confirm ${lease.vm}`, (tx, release) => {
    markPresent(tx, lease.vm)
    setLeaseState(tx, lease.vm, "active")
    forgetFormerOwners(tx, lease.vm)
    release()
  })
  const attachment: Attachment = { ...plan.attachment, state: "active" }
  return Effect.as(confirmed, { attachment, existing: false } satisfies UpResult)
}

/** A device out of the pool that somebody has opened or changed meanwhile is passed over for another. */
export const checkClaimed = Effect.fnUntraced(function* (lease: Lease, member: ReadonlyArray<Resource>) {
  const condition = yield* inspectLeased(lease, member)
  const isJudged = condition === "clean" && (yield* rulesStand(member, ownerOfMember(lease.install, lease.pooled!)))
  if (isJudged) return
  const found = condition === "held" ? "is held open by another process" : "is not as it was made"
  return yield* new VmnetError({
    code: "NAME_TAKEN",
    detail: `${lease.vm}: ${lease.device}, ready in the pool of ${lease.network.network}, ${found}`,
    hint: `See who has it with: grep -l ${lease.device} /proc/*/fdinfo/*`,
    details: { vm: lease.vm, name: lease.device }
  })
})
