import { Effect } from "effect"
import type { OpsError } from "../errors/OpsError.ts"
import type { OwnedResource } from "../ledger/ResourceRow.ts"
import type { Presence } from "../resource/Driver.ts"
import { batches, type Drivers, familyOf } from "../resource/Drivers.ts"
import { describeResource, goesWith, linksOf } from "../resource/identity.ts"
import { Progress } from "../vmnet/Progress.ts"
import { describeBatch } from "./apply.ts"

/** How a teardown went: what is confirmed gone, what was left because it is not ours, and what could not be removed. */
export interface TeardownReport {
  readonly gone: ReadonlyArray<OwnedResource>
  readonly foreign: ReadonlyArray<OwnedResource>
  readonly problems: ReadonlyArray<string>
}

/**
 * The one way resources of ours go away: rollback, `down`, and clearing up after a crash are this.
 *
 * Last made, first removed. Every object is read before it is deleted and left alone unless it carries our tag (an
 * untagged one counts as ours only while its creation is still an intent in the ledger). Absent is fine. It goes on past
 * errors, collects them, and cannot be interrupted; the bounds of the operations bound it.
 */
export const teardown = (
  drivers: Drivers,
  subject: string,
  resources: ReadonlyArray<OwnedResource>
): Effect.Effect<TeardownReport> =>
  Effect.gen(function* () {
    const report = yield* Progress
    const { explicit, implied } = splitImplied(resources)
    const gone: Array<OwnedResource> = [...implied]
    const foreign: Array<OwnedResource> = []
    const problems: Array<string> = []
    for (const batch of batches(explicit.toReversed())) {
      yield* report({ vm: subject, step: `delete ${describeBatch(batch)}` })
      const outcome = yield* removeBatch(drivers, batch)
      gone.push(...outcome.gone)
      foreign.push(...outcome.foreign)
      problems.push(...outcome.problems)
    }
    return { gone, foreign, problems }
  }).pipe(Effect.uninterruptible)

/** Separates what disappears together with a link that is taken down anyway. */
const splitImplied = (resources: ReadonlyArray<OwnedResource>) => {
  const links = new Set(resources.flatMap(({ resource }) => linksOf(resource)))
  const isImplied = ({ resource }: OwnedResource) => {
    const link = goesWith(resource)
    return link !== undefined && links.has(link)
  }
  return {
    explicit: resources.filter((owned) => !isImplied(owned)),
    implied: resources.filter(isImplied)
  }
}

const removeBatch = (drivers: Drivers, batch: ReadonlyArray<OwnedResource>): Effect.Effect<TeardownReport> =>
  Effect.gen(function* () {
    const driver = drivers[familyOf(batch[0]!.resource)]
    const presences = yield* driver.find(batch)
    const ours = batch.filter((owned, index) => isOurs(owned, presences[index]!))
    const foreign = batch.filter((owned, index) => isForeign(owned, presences[index]!))
    if (ours.length > 0) yield* Effect.catch(driver.remove(ours), () => removeOneByOne(drivers, ours))
    return { gone: batch.filter((owned) => !foreign.includes(owned)), foreign, problems: [] }
  }).pipe(Effect.catch((error) => Effect.succeed(failure(batch, error))))

/** After a failed batch: what is left of it, each on its own, so that one stubborn object does not keep the others. */
const removeOneByOne = Effect.fnUntraced(function* (drivers: Drivers, batch: ReadonlyArray<OwnedResource>) {
  const driver = drivers[familyOf(batch[0]!.resource)]
  const errors: Array<OpsError> = []
  for (const owned of batch) {
    const [presence] = yield* driver.find([owned])
    if (!isOurs(owned, presence!)) continue
    yield* Effect.catch(driver.remove([owned]), (error) =>
      Effect.sync(() => void (error.reason === "Missing" || errors.push(error)))
    )
  }
  if (errors.length > 0) return yield* errors[0]!
})

const isOurs = (owned: OwnedResource, presence: Presence): boolean =>
  presence === "ours" || (presence === "untagged" && owned.state === "intent")

const isForeign = (owned: OwnedResource, presence: Presence): boolean =>
  presence !== "absent" && !isOurs(owned, presence)

const failure = (batch: ReadonlyArray<OwnedResource>, error: OpsError): TeardownReport => ({
  gone: [],
  foreign: [],
  problems: [`delete ${batch.map(({ resource }) => describeResource(resource)).join(", ")}: ${error.message}`]
})
