import { Effect, Option, Schedule } from "effect"
import type { OpsError } from "../errors/OpsError.ts"
import { asBegun, type OwnedResource } from "../ledger/ResourceRow.ts"
import type { Driver, Presence } from "../resource/Driver.ts"
import { type Drivers, familyOf } from "../resource/Drivers.ts"
import { carries, describeResource, goesWith } from "../resource/identity.ts"
import { Progress } from "../vmnet/Progress.ts"
import { describeBatch } from "./apply.ts"
import { rounds } from "./rounds.ts"

/**
 * How a teardown went: what is confirmed gone, what was spared because it is not ours, and what could not be removed,
 * with a line on each (`problems` has them in the order of `left`). `deleted` is what of the gone was there: what never came to be, or went before, is not.
 */
export interface TeardownReport {
  readonly gone: ReadonlyArray<OwnedResource>
  readonly deleted: ReadonlyArray<OwnedResource>
  readonly foreign: ReadonlyArray<OwnedResource>
  readonly left: ReadonlyArray<OwnedResource>
  readonly problems: ReadonlyArray<string>
}

const nothing: TeardownReport = { gone: [], deleted: [], foreign: [], left: [], problems: [] }

export type Teardown = (
  drivers: Drivers,
  subject: string,
  resources: ReadonlyArray<OwnedResource>
) => Effect.Effect<TeardownReport>

/**
 * The one way resources of ours go away: rollback, `down`, and clearing up after a crash are this.
 *
 * Last made, first removed. Every object is read before it is deleted and left alone unless it carries our tag (an
 * untagged one counts as ours only while the ledger says that it is being made). Absent is fine. It goes on past
 * errors, collects them, and cannot be interrupted; the bounds of the operations bound it.
 */
export const teardown = (
  drivers: Drivers,
  subject: string,
  resources: ReadonlyArray<OwnedResource>
): Effect.Effect<TeardownReport> => teardownTogether(drivers, subject, [resources])

/** The same of several plans at once, with as few batches as their order allows. */
export const teardownTogether = (
  drivers: Drivers,
  subject: string,
  plans: ReadonlyArray<ReadonlyArray<OwnedResource>>
): Effect.Effect<TeardownReport> =>
  Effect.gen(function* () {
    const report = yield* Progress
    const { implied, isImplied } = impliedIn(plans.flat())
    const reports: Array<TeardownReport> = [{ ...nothing, gone: implied }]
    const explicit = plans.map((resources) => resources.filter((owned) => !isImplied(owned)).toReversed())
    for (const batch of rounds(explicit)) {
      yield* report({ vm: subject, step: `delete ${describeBatch(batch)}` })
      reports.push(yield* removeBatch(drivers[familyOf(batch[0]!.resource)], batch))
    }
    return withImplied(merge(reports), implied)
  }).pipe(drivers.stay, Effect.uninterruptible)

/** What a teardown would do, found out in the same way, with nothing removed. */
export const rehearseTeardown = (
  drivers: Drivers,
  subject: string,
  resources: ReadonlyArray<OwnedResource>
): Effect.Effect<TeardownReport> =>
  teardown(lookingOnly(drivers), subject, resources).pipe(Effect.provideService(Progress, () => Effect.void))

const lookingOnly = (drivers: Drivers): Drivers => {
  const only = (driver: Driver): Driver => ({ ...driver, apply: () => Effect.void, remove: () => Effect.void })
  return {
    ...drivers,
    link: only(drivers.link),
    nat: only(drivers.nat),
    sysctl: only(drivers.sysctl),
    mount: only(drivers.mount),
    helper: only(drivers.helper)
  }
}

/** What was confirmed to be there goes with what carried it. */
const withImplied = (report: TeardownReport, implied: ReadonlyArray<OwnedResource>): TeardownReport => {
  const carriers = new Set(report.deleted.flatMap(({ resource }) => carries(resource)))
  const went = ({ resource, state }: OwnedResource) =>
    state === "present" && goesWith(resource).some((carrier) => carriers.has(carrier))
  return { ...report, deleted: [...report.deleted, ...implied.filter(went)] }
}

/** What disappears together with a link or a namespace that is taken down anyway. */
const impliedIn = (resources: ReadonlyArray<OwnedResource>) => {
  const carriers = new Set(resources.flatMap(({ resource }) => carries(resource)))
  const isImplied = ({ resource }: OwnedResource) => goesWith(resource).some((carrier) => carriers.has(carrier))
  return { implied: resources.filter(isImplied), isImplied }
}

/** As a whole, or, when that fails, each on its own, so that one stubborn object does not keep the others. */
const removeBatch = (driver: Driver, batch: ReadonlyArray<OwnedResource>): Effect.Effect<TeardownReport> =>
  Effect.catch(removeOurs(driver, batch), () =>
    Effect.map(
      Effect.forEach(batch, (owned) => removeAgain(driver, asBegun(owned))),
      merge
    )
  )

const removeOurs = Effect.fnUntraced(function* (driver: Driver, batch: ReadonlyArray<OwnedResource>) {
  const presences = yield* driver.find(batch)
  const ours = batch.filter((owned, index) => isOurs(owned, presences[index]!))
  // What is broken is half removed already.
  const broken = new Set(batch.filter((_, index) => presences[index] === "broken"))
  const foreign = batch.filter((owned, index) => isForeign(owned, presences[index]!))
  if (ours.length > 0) yield* driver.remove(ours.map((owned) => (broken.has(owned) ? asBegun(owned) : owned)))
  return { ...nothing, gone: batch.filter((owned) => !foreign.includes(owned)), deleted: ours, foreign }
})

/** What is busy is free in a moment: a few more attempts, a third of a second in all. */
const whileBusy = {
  while: ({ reason }: OpsError) => reason === "Busy",
  times: 4,
  schedule: Schedule.exponential("20 millis")
}

/** The second attempt on one resource. Whatever it fails with, the resource is looked at before it counts as left. */
const removeAgain = (driver: Driver, owned: OwnedResource): Effect.Effect<TeardownReport> =>
  removeOurs(driver, [owned]).pipe(
    Effect.retry(whileBusy),
    Effect.catch((error) =>
      Effect.map(Effect.option(driver.find([owned])), (found) =>
        Option.isSome(found) && found.value[0] === "absent"
          ? { ...nothing, gone: [owned], deleted: [owned] }
          : { ...nothing, left: [owned], problems: [`delete ${describeResource(owned.resource)}: ${error.message}`] }
      )
    )
  )

/** Several teardowns as one. */
export const merge = (reports: ReadonlyArray<TeardownReport>): TeardownReport => ({
  gone: reports.flatMap(({ gone }) => gone),
  deleted: reports.flatMap(({ deleted }) => deleted),
  foreign: reports.flatMap(({ foreign }) => foreign),
  left: reports.flatMap(({ left }) => left),
  problems: reports.flatMap(({ problems }) => problems)
})

/**
 * Untagged under an intent is the half-made. A link of somebody else's is taken for it only if he chose one of our names
 * (60 bits of hash over the install), for a link of the same type, between our look for a free name and our crash.
 */
const isOurs = (owned: OwnedResource, presence: Presence): boolean =>
  presence === "ours" || presence === "broken" || (presence === "untagged" && owned.state !== "present")

const isForeign = (owned: OwnedResource, presence: Presence): boolean =>
  presence !== "absent" && !isOurs(owned, presence)
