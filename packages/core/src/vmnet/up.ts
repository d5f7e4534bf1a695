import { Effect } from "effect"
import { type Reservation, reserve } from "../allocator/reserve.ts"
import type { Backend } from "../backend/Backend.ts"
import type { VmnetError } from "../errors/VmnetError.ts"
import { findLease, type LeaseRecord, setLeaseState } from "../ledger/LeaseRow.ts"
import { Ledger } from "../ledger/Ledger.ts"
import { withLock } from "../ledger/Locks.ts"
import { markPresent } from "../ledger/ResourceRow.ts"
import { InterfaceName } from "../names/InterfaceName.ts"
import { HostProbe } from "../ops/HostProbe.ts"
import { applyResources, type Touched } from "../plan/apply.ts"
import type { Attachment } from "../plan/Attachment.ts"
import type { AttachRequest } from "../plan/AttachRequest.ts"
import { ensureShare, removeUnheldShares } from "../plan/Shares.ts"
import { teardown } from "../plan/teardown.ts"
import type { Drivers } from "../resource/Drivers.ts"
import { backendOf } from "./backendOf.ts"
import { checkCapabilities } from "./checkHost.ts"
import { detach, forgetLease, keepLease } from "./down.ts"
import { notWhole, observe } from "./observe.ts"
import { type Asked, prepare, retrying } from "./prepare.ts"
import { Progress } from "./Progress.ts"
import { sameRequest, vmConflict } from "./sameRequest.ts"
import type { UpResult } from "./Vmnet.ts"

/** Attaches under the VM's lock: one verb at a time works on a VM. */
export const up = Effect.fn("Vmnet.up")(function* (drivers: Drivers, request: AttachRequest) {
  const backend = yield* backendOf(request)
  return yield* withLock(`vm ${request.vm}`)(answer(drivers, backend, request))
})

const answer = Effect.fnUntraced(function* (drivers: Drivers, backend: Backend, request: AttachRequest) {
  const ledger = yield* Ledger
  const probe = yield* HostProbe
  const known = yield* ledger.transact(`look up ${request.vm}`, (tx) => findLease(tx, request.vm))
  if (known?.state === "active" && !ownerGone(probe, known)) return yield* existing(drivers, known, request)
  yield* checkCapabilities(request)
  // Its owner is gone, or whoever began it, for we hold the VM's lock: what they left goes first.
  if (known !== undefined) yield* detach(drivers, known)
  return yield* attach(drivers, backend, request)
})

const ownerGone = (probe: HostProbe["Service"], { request: { owner } }: LeaseRecord): boolean =>
  owner !== undefined && !probe.alive(owner)

/** The same answer again, if it is still true: a VM whose TAP somebody deleted is not up. */
const existing = Effect.fnUntraced(function* (drivers: Drivers, known: LeaseRecord, request: AttachRequest) {
  if (!sameRequest(known.request, request)) return yield* vmConflict(known.request, request)
  const missing = (yield* observe(drivers, request.vm)).filter(({ presence }) => presence !== "ours")
  if (missing.length > 0) return yield* notWhole(request.vm, missing)
  return { attachment: known.attachment, existing: true } satisfies UpResult
})

/** A device name that turns out to be taken by somebody else's device is exchanged for another. */
const attach = Effect.fnUntraced(function* (drivers: Drivers, backend: Backend, request: AttachRequest) {
  const avoid = new Set<string>()
  const isTaken = ({ code, details }: VmnetError) =>
    code === "NAME_TAKEN" && isOurs(backend, request, details?.["name"]) && isFresh(avoid, details?.["name"])
  return yield* retrying(isTaken)(Effect.suspend(() => attempt(drivers, { request, backend, avoid })))
})

/** Whether another name could be had in its place. */
const isOurs = ({ addressOf }: Backend, { address, network }: AttachRequest, name: unknown): name is string =>
  typeof name === "string" &&
  (InterfaceName.matches(name) || (address === undefined && addressOf?.(network, name) !== undefined))

const isFresh = (avoid: Set<string>, name: string): boolean => {
  if (avoid.has(name)) return false
  avoid.add(name)
  return true
}

const attempt = Effect.fnUntraced(function* (drivers: Drivers, asked: Asked) {
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
      .transact(`reserve ${vm}`, (tx) => reserve(tx, options))
      .pipe(
        Effect.tap((reservation) => restore(make(drivers, reservation, touched))),
        Effect.flatMap(complete),
        // Who is interrupted up to here never learns that the VM is up: the last moment to take it back.
        Effect.tap(() => restore(Effect.void)),
        Effect.onError(() => undo(drivers, vm, touched))
      )
  )
})

const make = Effect.fnUntraced(function* (drivers: Drivers, { plan, owned, lease }: Reservation, touched: Touched) {
  yield* Effect.forEach(plan.shares, (share, rank) => ensureShare(drivers, share, rank), { discard: true })
  yield* applyResources(drivers, lease.vm, owned, touched)
})

const complete = Effect.fnUntraced(function* ({ lease, plan }: Reservation) {
  const ledger = yield* Ledger
  yield* ledger.transact(`confirm ${lease.vm}`, (tx) => {
    markPresent(tx, lease.vm)
    setLeaseState(tx, lease.vm, "active")
  })
  const attachment: Attachment = { ...plan.attachment, state: "active" }
  return { attachment, existing: false } satisfies UpResult
})

/** Puts everything back. It cannot fail: what cannot be removed stays recorded under a `failed` lease. */
const undo = Effect.fnUntraced(
  function* (drivers: Drivers, vm: string, touched: Touched) {
    const report = yield* teardown(drivers, vm, [...touched])
    if (report.left.length > 0) {
      yield* keepLease(vm, report)
      return yield* Effect.logWarning(`${vm} is not all undone; run vmnet down ${vm}`, ...report.problems)
    }
    yield* forgetLease(vm, undefined)
    const problems = yield* removeUnheldShares(drivers)
    if (problems.length > 0) yield* Effect.logWarning(`left behind by ${vm}`, ...problems)
  },
  (effect, _, vm) => Effect.catchCause(effect, (cause) => Effect.logWarning(`undoing ${vm}`, cause))
)
