import { Effect, Result } from "effect"
import { releasePorts } from "../allocator/ports.ts"
import type { Backend } from "../backend/Backend.ts"
import { VmnetError } from "../errors/VmnetError.ts"
import { updateLease } from "../ledger/LeaseRow.ts"
import { Ledger } from "../ledger/Ledger.ts"
import { withLock } from "../ledger/Locks.ts"
import { deleteSomeResources, markIntents, markPresent, type OwnedResource } from "../ledger/ResourceRow.ts"
import { formatPublish } from "../net/Publish.ts"
import type { PublishSpec } from "../plan/AttachRequest.ts"
import type { Lease, PublishLease } from "../plan/Lease.ts"
import { teardown } from "../plan/teardown.ts"
import type { Drivers } from "../resource/Drivers.ts"
import { resourceKey } from "../resource/identity.ts"
import { type ActiveLease, activeLease, portsNotRemoved } from "./activeLease.ts"
import { backendOf } from "./backendOf.ts"
import { recordPublished } from "./recordPublished.ts"

/** Takes published ports back, named exactly as they were published: all of them, or none. */
export const unpublish = Effect.fn("Vmnet.unpublish")(function* (
  drivers: Drivers,
  vm: string,
  specs: ReadonlyArray<PublishSpec>
) {
  const work = Effect.gen(function* () {
    const active = yield* activeLease(drivers, vm)
    const ranges = yield* Effect.forEach(specs, (spec) => publishedAs(active.lease, spec))
    const backend = yield* backendOf(active.request)
    yield* Effect.fromResult(backend.livePublish?.(active.request, []) ?? Result.void)
    return yield* remove(drivers, backend, active, ranges)
  })
  return yield* withLock(`vm ${vm}`)(work)
})

const remove = (drivers: Drivers, backend: Backend, active: ActiveLease, ranges: ReadonlyArray<PublishLease>) =>
  Effect.gen(function* () {
    const ledger = yield* Ledger
    const { vm, publish } = active.lease
    const owned = ownedRanges(backend, active, ranges)
    // On record before the first of them goes: if nobody comes to the end of it, the next to look at the VM does.
    const attachment = yield* ledger.transact(`release ports of ${vm}`, (tx) => {
      markIntents(tx, vm, owned)
      const left = publish.filter((range) => !ranges.includes(range))
      return recordPublished(tx, backend, active, left)
    })
    const { problems } = yield* teardown(drivers, vm, owned)
    if (problems.length > 0) {
      yield* stillPublished(active)
      return yield* portsNotRemoved(vm, problems)
    }
    yield* ledger.transact(`forget ports of ${vm}`, (tx) => {
      deleteSomeResources(tx, vm, owned)
      for (const range of ranges) releasePorts(tx, vm, range)
    })
    return attachment
  }).pipe(Effect.uninterruptible)

const stillPublished = Effect.fnUntraced(function* ({ attachment, lease, request }: ActiveLease) {
  const ledger = yield* Ledger
  yield* ledger.transact(`keep ports of ${lease.vm}`, (tx) => {
    markPresent(tx, lease.vm)
    updateLease(tx, lease, attachment, request)
  })
})

const ownedRanges = (
  backend: Backend,
  { lease, owned }: ActiveLease,
  ranges: ReadonlyArray<PublishLease>
): ReadonlyArray<OwnedResource> => {
  const keys = new Set(backend.publish(lease, ranges).map(resourceKey))
  return owned.filter(({ resource }) => keys.has(resourceKey(resource)))
}

const publishedAs = (lease: Lease, spec: PublishSpec): Effect.Effect<PublishLease, VmnetError> => {
  const found = lease.publish.find((range) => formatPublish(range) === formatPublish(spec))
  return found === undefined ? Effect.fail(notPublished(lease, spec)) : Effect.succeed(found)
}

const notPublished = ({ vm, publish }: Lease, spec: PublishSpec): VmnetError => {
  const published = publish.map(formatPublish)
  return new VmnetError({
    code: "PUBLISH_NOT_FOUND",
    detail: `${vm} does not publish ${formatPublish(spec)}`,
    hint: published.length === 0 ? "It publishes nothing." : `It publishes: ${published.join(" ")}`,
    details: { vm, published }
  })
}
