import { Effect } from "effect"
import { releasePorts } from "../allocator/ports.ts"
import { ownerOfLease, reservePorts } from "../allocator/reserve.ts"
import type { Backend } from "../backend/Backend.ts"
import { VmnetError } from "../errors/VmnetError.ts"
import { findLease, type LeaseRecord, updateLease } from "../ledger/LeaseRow.ts"
import { Ledger, type Tx } from "../ledger/Ledger.ts"
import { withLock } from "../ledger/Locks.ts"
import {
  deleteSomeResources,
  insertIntents,
  markPresent,
  type OwnedResource,
  resourcesOf
} from "../ledger/ResourceRow.ts"
import { formatPublish } from "../net/Publish.ts"
import { applyResources, type Touched } from "../plan/apply.ts"
import type { Attachment } from "../plan/Attachment.ts"
import type { PublishSpec } from "../plan/AttachRequest.ts"
import type { Lease, PublishLease } from "../plan/Lease.ts"
import { teardown } from "../plan/teardown.ts"
import type { Drivers } from "../resource/Drivers.ts"
import { resourceKey } from "../resource/identity.ts"
import { backendOf } from "./backendOf.ts"
import { checkCapabilities } from "./checkHost.ts"
import { checkPublish } from "./checkPublish.ts"

/** Publishes more ports of a live VM: all of them, or none and nothing changed. */
export const publish = Effect.fn("Vmnet.publish")(function* (
  drivers: Drivers,
  vm: string,
  specs: ReadonlyArray<PublishSpec>
) {
  const work = Effect.gen(function* () {
    const record = yield* activeLease(vm)
    yield* checkCapabilities
    yield* checkPublish(vm, specs)
    return yield* add(drivers, yield* backendOf(record.request), record, specs)
  })
  return yield* withLock(`vm ${vm}`)(work)
})

const add = Effect.fnUntraced(function* (
  drivers: Drivers,
  backend: Backend,
  record: LeaseRecord,
  specs: ReadonlyArray<PublishSpec>
) {
  const ledger = yield* Ledger
  const { vm } = record.lease
  const touched: Touched = new Set()
  return yield* Effect.uninterruptibleMask((restore) =>
    ledger
      .transact(`reserve ports of ${vm}`, (tx) => reserveMore(tx, backend, record.lease, specs))
      .pipe(
        Effect.tap(({ owned }) => restore(applyResources(drivers, vm, owned, touched))),
        Effect.flatMap(({ added }) =>
          ledger.transact(`confirm ports of ${vm}`, (tx) => {
            markPresent(tx, vm)
            return change(tx, backend, record, [...record.lease.publish, ...added])
          })
        ),
        Effect.onError(() => undoPublish(drivers, record, specs, touched))
      )
  )
})

const reserveMore = (tx: Tx, backend: Backend, lease: Lease, specs: ReadonlyArray<PublishSpec>) => {
  const added = reservePorts(tx, lease.vm, specs)
  const resources = backend.publish(lease, added).map((resource) => ({ resource }))
  return { added, owned: insertIntents(tx, lease.vm, ownerOfLease(lease), resources) }
}

/** The lease was ours alone and had no unfinished resources: every intent it has now is this attempt's. */
const undoPublish = Effect.fnUntraced(
  function* (drivers: Drivers, { lease }: LeaseRecord, specs: ReadonlyArray<PublishSpec>, touched: Touched) {
    const ledger = yield* Ledger
    const report = yield* teardown(drivers, lease.vm, [...touched])
    if (report.problems.length > 0) {
      return yield* Effect.logWarning(`ports of ${lease.vm} are not all taken back`, ...report.problems)
    }
    yield* ledger.transact(`forget ports of ${lease.vm}`, (tx) => {
      const intents = resourcesOf(tx, lease.vm).filter((owned) => owned.state === "intent")
      if (intents.length === 0) return
      deleteSomeResources(tx, lease.vm, intents)
      for (const spec of specs) releasePorts(tx, lease.vm, spec)
    })
  },
  (effect, _, { lease }) =>
    Effect.catchCause(effect, (cause) => Effect.logWarning(`undoing ports of ${lease.vm}`, cause))
)

/** Takes published ports back, named exactly as they were published: all of them, or none. */
export const unpublish = Effect.fn("Vmnet.unpublish")(function* (
  drivers: Drivers,
  vm: string,
  specs: ReadonlyArray<PublishSpec>
) {
  const work = Effect.gen(function* () {
    const record = yield* activeLease(vm)
    yield* checkCapabilities
    const ranges = yield* Effect.forEach(specs, (spec) => publishedAs(record.lease, spec))
    return yield* remove(drivers, yield* backendOf(record.request), record, ranges)
  })
  return yield* withLock(`vm ${vm}`)(work)
})

const remove = (drivers: Drivers, backend: Backend, record: LeaseRecord, ranges: ReadonlyArray<PublishLease>) =>
  Effect.gen(function* () {
    const ledger = yield* Ledger
    const { lease } = record
    const owned = yield* ledger.transact(`look up ports of ${lease.vm}`, (tx) =>
      ownedRanges(tx, backend, lease, ranges)
    )
    const report = yield* teardown(drivers, lease.vm, owned)
    if (report.problems.length > 0) {
      return yield* new VmnetError({
        code: "STEP_FAILED",
        detail: `ports of ${lease.vm} are not taken back: ${report.problems.join("; ")}`,
        hint: "They are still recorded; run the same command again.",
        details: { vm: lease.vm, problems: report.problems }
      })
    }
    return yield* ledger.transact(`forget ports of ${lease.vm}`, (tx) => {
      deleteSomeResources(tx, lease.vm, owned)
      for (const range of ranges) releasePorts(tx, lease.vm, range)
      return change(
        tx,
        backend,
        record,
        lease.publish.filter((range) => !ranges.includes(range))
      )
    })
  }).pipe(Effect.uninterruptible)

const ownedRanges = (
  tx: Tx,
  backend: Backend,
  lease: Lease,
  ranges: ReadonlyArray<PublishLease>
): ReadonlyArray<OwnedResource> => {
  const keys = new Set(backend.publish(lease, ranges).map(resourceKey))
  return resourcesOf(tx, lease.vm).filter(({ resource }) => keys.has(resourceKey(resource)))
}

/** Records what a lease publishes now; its original request stays, so that `up` with it is still the same request. */
const change = (
  tx: Tx,
  backend: Backend,
  { lease, request }: LeaseRecord,
  published: ReadonlyArray<PublishLease>
): Attachment => {
  const changed = { ...lease, publish: published }
  const attachment: Attachment = { ...backend.plan(request, changed).attachment, state: "active" }
  updateLease(tx, changed, attachment)
  return attachment
}

const publishedAs = (lease: Lease, spec: PublishSpec): Effect.Effect<PublishLease, VmnetError> => {
  const found = lease.publish.find(
    (range) =>
      range.protocol === spec.protocol &&
      range.hostAddress === spec.hostAddress &&
      range.hostPort === spec.hostPort &&
      range.guestPort === spec.guestPort &&
      range.count === spec.count
  )
  if (found !== undefined) return Effect.succeed(found)
  const published = lease.publish.map(formatPublish)
  return Effect.fail(
    new VmnetError({
      code: "PUBLISH_NOT_FOUND",
      detail: `${lease.vm} does not publish ${formatPublish(spec)}`,
      hint: published.length === 0 ? "It publishes nothing." : `It publishes: ${published.join(" ")}`,
      details: { vm: lease.vm, published }
    })
  )
}

const activeLease = Effect.fnUntraced(function* (vm: string) {
  const ledger = yield* Ledger
  const record = yield* ledger.transact(`look up ${vm}`, (tx) => findLease(tx, vm))
  if (record === undefined) return yield* vmNotFound(vm)
  if (record.state === "active") return record
  return yield* new VmnetError({
    code: "VM_CONFLICT",
    detail: `${vm} is ${record.state}, not active`,
    hint: `Run vmnet up ${vm} or vmnet down ${vm} to finish.`,
    details: { vm, state: record.state }
  })
})

export const vmNotFound = (vm: string): VmnetError =>
  new VmnetError({
    code: "VM_NOT_FOUND",
    detail: `no VM called ${vm}`,
    hint: "See what there is with: vmnet ls",
    details: { vm }
  })
