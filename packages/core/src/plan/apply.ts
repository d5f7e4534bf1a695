import { Effect } from "effect"
import type { OpsError } from "../errors/OpsError.ts"
import { stepError } from "../errors/stepError.ts"
import type { VmnetError } from "../errors/VmnetError.ts"
import type { OwnedResource } from "../ledger/ResourceRow.ts"
import { batches, type Drivers, familyOf } from "../resource/Drivers.ts"
import { describeResource } from "../resource/identity.ts"
import { Progress } from "../vmnet/Progress.ts"

/**
 * Which resources an attempt may have made: what undoing it has to look at. A resource whose creation was refused
 * because something stood in its place is not among them.
 */
export type Touched = Set<OwnedResource>

/**
 * Makes resources batch by batch. A batch in flight is never interrupted, so `touched` is exact; between batches an
 * interruption takes effect.
 */
export const applyResources = Effect.fnUntraced(function* (
  drivers: Drivers,
  subject: string,
  resources: ReadonlyArray<OwnedResource>,
  touched: Touched
): Effect.fn.Return<void, VmnetError> {
  const report = yield* Progress
  for (const batch of batches(resources)) {
    yield* report({ vm: subject, step: `create ${describeBatch(batch)}` })
    yield* Effect.uninterruptible(applyBatch(drivers, subject, batch, touched))
    yield* Effect.yieldNow
  }
})

const applyBatch = (drivers: Drivers, subject: string, batch: ReadonlyArray<OwnedResource>, touched: Touched) => {
  for (const owned of batch) touched.add(owned)
  return drivers[familyOf(batch[0]!.resource)].apply(batch).pipe(
    Effect.mapError((error) => {
      const failed = failedResource(batch, error)
      forgetUntouched(batch, failed, error, touched)
      return stepError(
        subject,
        `create ${failed === undefined ? describeBatch(batch) : describeResource(failed.resource)}`,
        error
      )
    })
  )
}

/** Drivers report the index of the failed resource within the batch they were given, where it is known. */
const failedResource = (batch: ReadonlyArray<OwnedResource>, error: OpsError): OwnedResource | undefined =>
  error.index === undefined ? (batch.length === 1 ? batch[0] : undefined) : batch[error.index]

/** Takes back what the failed batch certainly did not make: what came after the failure, and what was refused. */
const forgetUntouched = (
  batch: ReadonlyArray<OwnedResource>,
  failed: OwnedResource | undefined,
  error: OpsError,
  touched: Touched
): void => {
  if (failed === undefined) return
  const index = batch.indexOf(failed)
  for (const owned of batch.slice(index + 1)) touched.delete(owned)
  if (error.reason === "Exists") touched.delete(failed)
}

export const describeBatch = (batch: ReadonlyArray<OwnedResource>): string => {
  const shown = batch.slice(0, 3).map(({ resource }) => describeResource(resource))
  return batch.length > 3 ? `${shown.join(", ")} and ${batch.length - 3} more` : shown.join(", ")
}
