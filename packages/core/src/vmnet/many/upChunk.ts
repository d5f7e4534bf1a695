import { Effect, Result } from "effect"
import { forgetFormerOwners } from "../../allocator/AddressAllocator.ts"
import type { Backend } from "../../backend/Backend.ts"
import { Backends } from "../../backend/Backends.ts"
import type { VmnetError } from "../../errors/VmnetError.ts"
import { setLeaseState } from "../../ledger/LeaseRow.ts"
import { Ledger, type Tx } from "../../ledger/Ledger.ts"
import { withFreeLocks } from "../../ledger/Locks.ts"
import { markPresent } from "../../ledger/ResourceRow.ts"
import { severalWords } from "../../ledger/severalWords.ts"
import { HostProbe } from "../../ops/HostProbe.ts"
import { applyTogether, type Touched } from "../../plan/apply.ts"
import type { AttachRequest } from "../../plan/AttachRequest.ts"
import { ensureShare } from "../../plan/Shares.ts"
import { splitPlan } from "../../pool/memberResources.ts"
import type { Drivers } from "../../resource/Drivers.ts"
import { isCapable } from "../checkHost.ts"
import { Progress } from "../Progress.ts"
import { checkClaimed } from "../attach.ts"
import { existing, isNew, lookFor, ownerGone } from "../up.ts"
import type { UpResult } from "../Vmnet.ts"
import { prepareMany, type Wanted } from "./prepareMany.ts"
import { type ReservedVm, reserveMany } from "./reserveMany.ts"
import { undoMany } from "./undoMany.ts"

/** A request and the backend that has agreed to it. */
export interface Accepted {
  readonly request: AttachRequest
  readonly backend: Backend
}

/** What is known by now of the VMs of a chunk. Those it says nothing of are for `up`, one by one. */
export type Answers = Map<string, Result.Result<UpResult, VmnetError>>

type Seen = Accepted & { readonly found: ReturnType<typeof lookFor> }

/**
 * Brings up together what can be: VMs nothing is known of, whose locks are free. Those that are up already are answered for.
 * When anything goes wrong all that was made here is undone, and nothing is answered of those it was made for.
 */
export const upChunk = (drivers: Drivers, chunk: ReadonlyArray<Accepted>, begun: (fraction: number) => void) => {
  const byLock = new Map(chunk.map((one) => [`vm ${one.request.vm}`, one]))
  const look = (tx: Tx, taken: ReadonlyArray<string>) =>
    taken.map((key): Seen => {
      const one = byLock.get(key)!
      return { ...one, found: lookFor(tx, one.request) }
    })
  return withFreeLocks([...byLock.keys()], look, (seen) => answerAll(drivers, seen, begun))
}

const answerAll = Effect.fnUntraced(function* (
  drivers: Drivers,
  seen: ReadonlyArray<Seen>,
  begun: (fraction: number) => void
) {
  const [backends, probe] = [yield* Backends, yield* HostProbe]
  const answers: Answers = new Map()
  for (const { found, request } of seen) {
    const { known } = found
    if (known?.state !== "active" || ownerGone(probe, known)) continue
    answers.set(request.vm, yield* Effect.result(existing(drivers, known, request)))
  }
  const wanted = seen.flatMap(({ found, ...one }): ReadonlyArray<Wanted> =>
    isNew(found) && isCapable(backends, probe, one.request) ? [{ ...one, isLive: found.isLive }] : []
  )
  // One alone has nobody to share anything with.
  if (wanted.length < 2) return answers
  const ups = yield* attachMany(drivers, wanted, begun).pipe(
    Effect.catch((error) => Effect.as(Effect.logDebug(`not all at once: ${error.message}`), []))
  )
  for (const up of ups) answers.set(up.attachment.vm, Result.succeed(up))
  return answers
})

const attachMany = Effect.fnUntraced(function* (
  drivers: Drivers,
  wanted: ReadonlyArray<Wanted>,
  begun: (fraction: number) => void
) {
  const report = yield* Progress
  const subject = severalWords(wanted.map(({ request }) => request.vm))
  yield* report({ vm: subject, step: "check the host" })
  const prepared = yield* prepareMany(wanted)
  if (prepared.length < 2) return []
  yield* report({ vm: subject, step: "reserve" })
  const touched: Touched = new Set()
  const reserved: Array<ReservedVm> = []
  // Their locks are ours and they had no leases: whatever leases they have when something fails are this attempt's.
  return yield* Effect.uninterruptibleMask((restore) =>
    reserveMany(prepared).pipe(
      Effect.tap((some) => Effect.sync(() => void reserved.push(...some))),
      Effect.tap((some) => restore(makeMany(drivers, some, touched, begun))),
      Effect.flatMap(completeMany),
      // Who is interrupted up to here never learns that the VMs are up: the last moment to take them back.
      Effect.tap(() => restore(Effect.void)),
      Effect.onError(() => undoMany(drivers, prepared, reserved, touched))
    )
  )
})

const makeMany = Effect.fnUntraced(function* (
  drivers: Drivers,
  reserved: ReadonlyArray<ReservedVm>,
  touched: Touched,
  begun: (fraction: number) => void
) {
  for (const { backend, claimed, lease, plan, request } of reserved) {
    if (claimed) yield* checkClaimed(lease, splitPlan(backend, request, lease, plan.resources).member)
  }
  const absent = Map.groupBy(
    reserved.flatMap((one) => one.absent),
    ({ share }) => share.key
  )
  for (const [first] of absent.values()) yield* ensureShare(drivers, first!.share, first!.rank)
  const subject = severalWords(reserved.map(({ lease }) => lease.vm))
  const plans = reserved.map(({ owned }) => owned)
  yield* applyTogether(drivers, subject, plans, touched, begun)
})

const completeMany = Effect.fnUntraced(function* (reserved: ReadonlyArray<ReservedVm>) {
  const ledger = yield* Ledger
  const vms = reserved.map(({ lease }) => lease.vm)
  yield* ledger.transact(`confirm ${severalWords(vms)}`, (tx) => {
    for (const vm of vms) {
      markPresent(tx, vm)
      setLeaseState(tx, vm, "active")
      forgetFormerOwners(tx, vm)
    }
  })
  return reserved.map(({ plan }): UpResult => ({
    attachment: { ...plan.attachment, state: "active" },
    existing: false
  }))
})
