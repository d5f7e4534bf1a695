import { Effect, Result } from "effect"
import { ownerOfLease, reservePorts } from "../allocator/reserve.ts"
import type { Backend } from "../backend/Backend.ts"
import { updateLease } from "../ledger/LeaseRow.ts"
import { Ledger, type Tx } from "../ledger/Ledger.ts"
import { withLock } from "../ledger/Locks.ts"
import { insertIntents, markIntentBehind, markPresent } from "../ledger/ResourceRow.ts"
import { applyResources, type Touched } from "../plan/apply.ts"
import type { PublishSpec } from "../plan/AttachRequest.ts"
import type { Lease } from "../plan/Lease.ts"
import { teardown } from "../plan/teardown.ts"
import type { Drivers } from "../resource/Drivers.ts"
import { type ActiveLease, activeLease, removeUnfinished } from "./activeLease.ts"
import { backendOf } from "./backendOf.ts"
import { checkPublish } from "./checkPublish.ts"
import { recordPublished } from "./recordPublished.ts"

/** Publishes more ports of a live VM: all of them, or none and nothing changed. */
export const publish = Effect.fn("Vmnet.publish")(function* (
  drivers: Drivers,
  vm: string,
  specs: ReadonlyArray<PublishSpec>
) {
  const work = Effect.gen(function* () {
    const active = yield* activeLease(drivers, vm)
    const backend = yield* backendOf({ ...active.request, publish: specs })
    yield* Effect.fromResult(backend.livePublish?.(active.request, specs) ?? Result.void)
    yield* checkPublish(vm, specs)
    return yield* add(drivers, backend, active, specs)
  })
  return yield* withLock(`vm ${vm}`)(work)
})

const add = Effect.fnUntraced(function* (
  drivers: Drivers,
  backend: Backend,
  active: ActiveLease,
  specs: ReadonlyArray<PublishSpec>
) {
  const ledger = yield* Ledger
  const { lease } = active
  const touched: Touched = new Set()
  return yield* Effect.uninterruptibleMask((restore) =>
    ledger
      .transact(`reserve ports of ${lease.vm}`, (tx) => reserveMore(tx, backend, lease, specs))
      .pipe(
        Effect.tap(({ owned }) => restore(applyResources(drivers, lease.vm, owned, touched))),
        Effect.flatMap(({ added }) =>
          ledger.transact(`confirm ports of ${lease.vm}`, (tx) => {
            markPresent(tx, lease.vm)
            return recordPublished(tx, backend, active, [...lease.publish, ...added])
          })
        ),
        // Who is interrupted up to here never learns that the ports are published.
        Effect.tap(() => restore(Effect.void)),
        Effect.onError(() => undo(drivers, active, touched))
      )
  )
})

const reserveMore = (tx: Tx, backend: Backend, lease: Lease, specs: ReadonlyArray<PublishSpec>) => {
  const added = reservePorts(tx, lease.vm, specs)
  const resources = backend.publish(lease, added).map((resource) => ({ resource }))
  return { added, owned: insertIntents(tx, lease.vm, ownerOfLease(lease), resources) }
}

/** The lease is again what it was. What cannot be taken back stays recorded, and goes before anything is published next. */
const undo = Effect.fnUntraced(
  function* (drivers: Drivers, { lease, attachment, owned, request }: ActiveLease, touched: Touched) {
    const ledger = yield* Ledger
    yield* (
      ledger
        .transact(`take ports of ${lease.vm} back`, (tx) => {
          updateLease(tx, lease, attachment, request)
          markIntentBehind(tx, lease.vm, Math.max(-1, ...owned.map(({ seq }) => seq)))
        })
        // What was made is known without the ledger, and goes.
        .pipe(Effect.onError(() => teardown(drivers, lease.vm, [...touched])))
    )
    yield* removeUnfinished(drivers, lease)
  },
  (effect, _, { lease }) =>
    Effect.catchCause(effect, (cause) => Effect.logWarning(`undoing ports of ${lease.vm}`, cause))
)
