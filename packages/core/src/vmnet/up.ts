import { Effect } from "effect"
import { findLease, type LeaseRecord } from "../ledger/LeaseRow.ts"
import type { Tx } from "../ledger/Ledger.ts"
import { withLockLooking } from "../ledger/Locks.ts"
import { networkInUse } from "../ledger/NetworkRow.ts"
import { findOrphan, orphansOn } from "../ledger/OrphanRow.ts"
import { shareState } from "../ledger/ShareRow.ts"
import { HostProbe } from "../ops/HostProbe.ts"
import type { AttachRequest } from "../plan/AttachRequest.ts"
import { orphanShare, recordLost } from "../rebuild/orphanErrors.ts"
import type { Drivers } from "../resource/Drivers.ts"
import { attach, type Beginning } from "./attach.ts"
import { backendOf } from "./backendOf.ts"
import { checkCapabilities } from "./checkHost.ts"
import { detach } from "./down.ts"
import { type Early, reserveOnce, reservingEarly, taken } from "./early.ts"
import { lostOf, notWhole } from "./observe.ts"
import type { Asked } from "./prepare.ts"
import { sameRequest, vmConflict } from "./sameRequest.ts"
import { forgetReserved } from "./undo.ts"
import type { UpResult } from "./Vmnet.ts"

/**
 * Attaches under the VM's lock: one verb at a time works on a VM. Where nothing of the host has to be looked at first, all is
 * reserved in the transaction that takes the lock.
 */
export const up = Effect.fn("Vmnet.up")(function* (drivers: Drivers, request: AttachRequest) {
  const backend = yield* backendOf(request)
  const asked = { backend, request }
  const early = yield* reservingEarly(asked)
  const look = (tx: Tx) => {
    // What an attempt that failed had reserved is not there, or is found.
    early.reserved = undefined
    const found = lookFor(tx, request)
    if (found.isLive && isNew(found)) reserveOnce(tx, early)
    return found
  }
  const work = withLockLooking(`vm ${request.vm}`, look, (found, held) =>
    answer(drivers, asked, found, { held, early })
  )
  return yield* Effect.onError(work, () => forgetEarly(drivers, early))
})

/** Nobody came to take it over: the transaction failed all the same, or who asked does not want it any more. */
const forgetEarly = (drivers: Drivers, early: Early) => {
  const reserved = taken(early)
  return reserved === undefined ? Effect.void : forgetReserved(drivers, reserved.lease)
}

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

type Found = ReturnType<typeof lookFor>

/** Whether nothing is known of a VM, nor of what a lost record had of its network. */
export const isNew = ({ known, orphan, orphans }: Found): boolean =>
  known === undefined && orphan === undefined && orphans.length === 0

const answer = Effect.fnUntraced(function* (
  drivers: Drivers,
  asked: Pick<Asked, "backend" | "request">,
  { known, orphan, orphans, isLive }: Found,
  beginning: Beginning
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
  return yield* attach(drivers, { ...asked, isLive: isLive && known === undefined }, beginning)
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
