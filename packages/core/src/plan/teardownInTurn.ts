import { Deferred, Effect, Semaphore } from "effect"
import { severalWords } from "../ledger/severalWords.ts"
import type { OwnedResource } from "../ledger/ResourceRow.ts"
import type { Drivers } from "../resource/Drivers.ts"
import { reportsOf } from "../vmnet/many/reportsOf.ts"
import { type Teardown, teardownTogether, type TeardownReport } from "./teardown.ts"

interface Waiting {
  readonly subject: string
  readonly resources: ReadonlyArray<OwnedResource>
  readonly report: Deferred.Deferred<TeardownReport>
}

/** How many go together at most: nobody waits for all the others. */
const atOnce = 64

/**
 * `teardown` for those who are in no hurry: one after the other, and what comes to wait while one is under way is the next
 * one, together. What the kernel waits for it then waits for once. No two may be of one subject at a time.
 */
export const makeTeardownInTurn: Effect.Effect<Teardown> = Effect.gen(function* () {
  const turn = yield* Semaphore.make(1)
  const waiting: Array<Waiting> = []
  return (drivers, subject, resources) =>
    Effect.gen(function* () {
      const report = yield* Deferred.make<TeardownReport>()
      waiting.push({ subject, resources, report })
      // As many turns as there are who wait: each is done by his own or by an earlier one.
      yield* turn.withPermit(Effect.andThen(Effect.yieldNow, nextOf(drivers, waiting)))
      return yield* Deferred.await(report)
    }).pipe(Effect.uninterruptible)
})

const nextOf = (drivers: Drivers, waiting: Array<Waiting>) =>
  Effect.suspend(() => {
    const next = waiting.splice(0, atOnce)
    if (next.length === 0) return Effect.void
    const plans = new Map(next.map(({ resources, subject }) => [subject, resources]))
    return teardownTogether(drivers, severalWords([...plans.keys()]), [...plans.values()]).pipe(
      Effect.map((whole) => reportsOf(plans, whole)),
      Effect.onExit((done) =>
        Effect.forEach(
          next,
          ({ report, subject }) =>
            done._tag === "Success"
              ? Deferred.succeed(report, done.value.get(subject)!)
              : Deferred.failCause(report, done.cause),
          { discard: true }
        )
      ),
      Effect.asVoid
    )
  })
