import { Effect } from "effect"
import type { OpsError, OpsReason } from "../errors/OpsError.ts"
import { stepError } from "../errors/stepError.ts"
import type { VmnetError } from "../errors/VmnetError.ts"
import type { OwnedResource } from "../ledger/ResourceRow.ts"
import { type Drivers, type Family, familyOf } from "../resource/Drivers.ts"
import { describeResource } from "../resource/identity.ts"
import { Progress } from "../vmnet/Progress.ts"
import { rounds } from "./rounds.ts"

/**
 * Which resources an attempt may have made: what undoing it has to look at. A resource whose creation was refused
 * because something stood in its place is not among them.
 */
export type Touched = Set<OwnedResource>

/**
 * Makes resources batch by batch. A batch in flight is never interrupted, so `touched` is exact; between batches an
 * interruption takes effect.
 */
export const applyResources = (
  drivers: Drivers,
  subject: string,
  resources: ReadonlyArray<OwnedResource>,
  touched: Touched
): Effect.Effect<void, VmnetError> => applyTogether(drivers, subject, [resources], touched)

/** They are one piece of work, wherever each of its batches is. */
const stayed = <A, E, R>(work: Effect.Effect<A, E, R>, { stay }: Drivers): Effect.Effect<A, E, R> => stay(work)

/** The same for several plans, with as few batches as their order allows. `begun` is told how far it is, 0 to 1. */
export const applyTogether = Effect.fnUntraced(function* (
  drivers: Drivers,
  subject: string,
  plans: ReadonlyArray<ReadonlyArray<OwnedResource>>,
  touched: Touched,
  begun: (fraction: number) => void = () => {}
): Effect.fn.Return<void, VmnetError> {
  const report = yield* Progress
  const all = rounds(plans)
  for (const [index, batch] of all.entries()) {
    begun(index / all.length)
    yield* report({ vm: subject, step: `create ${describeBatch(batch)}` })
    yield* Effect.uninterruptible(applyBatch(drivers, subject, batch, touched))
    yield* Effect.yieldNow
  }
}, stayed)

const applyBatch = (drivers: Drivers, subject: string, batch: ReadonlyArray<OwnedResource>, touched: Touched) => {
  const family = familyOf(batch[0]!.resource)
  for (const owned of batch) touched.add(owned)
  return drivers[family].apply(batch).pipe(
    Effect.catch((error) => unlessApplied(drivers, family, batch, error)),
    Effect.mapError((error) => {
      const failed = failedResource(batch, error)
      for (const owned of untouched(family, batch, failed, error)) touched.delete(owned)
      return stepError(
        subject,
        `create ${describeBatch(failed === undefined ? batch : [failed])}`,
        error,
        // What went wrong in a veth's other namespace is not about the resource's own name.
        error.family === "netns" ? undefined : failed?.resource
      )
    })
  )
}

/**
 * A transaction whose answer was lost has been applied or not, as a whole: where all of it stands there with our tag it
 * has. Of a batch of links each change could be the one that is missing: that is undone.
 */
const unlessApplied = (drivers: Drivers, family: Family, batch: ReadonlyArray<OwnedResource>, error: OpsError) => {
  const isLost = family === "nat" && lostAnswers.has(error.reason)
  if (!isLost) return Effect.fail(error)
  return drivers.nat.find(batch).pipe(
    Effect.mapError(() => error),
    Effect.filterOrFail(
      (presences) => presences.every((presence) => presence === "ours"),
      () => error
    ),
    Effect.asVoid
  )
}

/** What a transaction may have failed with though the kernel had made it. */
const lostAnswers: ReadonlySet<OpsReason> = new Set(["Busy", "TimedOut", "Failed"])

/** Drivers report the index of the failed resource within the batch they were given, where it is known. */
const failedResource = (batch: ReadonlyArray<OwnedResource>, error: OpsError): OwnedResource | undefined =>
  error.index === undefined ? (batch.length === 1 ? batch[0] : undefined) : batch[error.index]

/**
 * What a failed batch certainly did not make. Links are made one after the other: nothing behind the failure, and not
 * the failed one when something stood in its place. A firewall transaction is one piece whose elements carry their
 * owner's tag; only the layout has none, and was not made if there was one.
 */
const untouched = (
  family: Family,
  batch: ReadonlyArray<OwnedResource>,
  failed: OwnedResource | undefined,
  error: OpsError
): ReadonlyArray<OwnedResource> => {
  const refused = error.reason === "Exists"
  if (family === "nat") return refused ? batch.filter(({ resource }) => resource.kind === "NatLayout") : []
  if (family !== "link" || failed === undefined) return []
  return batch.slice(batch.indexOf(failed) + (refused ? 0 : 1))
}

export const describeBatch = (batch: ReadonlyArray<OwnedResource>): string => {
  const shown = batch.slice(0, 3).map(({ resource }) => describeResource(resource))
  return batch.length > 3 ? `${shown.join(", ")} and ${batch.length - 3} more` : shown.join(", ")
}
