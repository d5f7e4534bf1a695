import { Effect, Scheduler } from "effect"
import { setImmediate } from "node:timers/promises"
import type { Operation } from "./Operation.ts"
import { Run } from "./Run.ts"

/** What was found wrong, and the operations that led there. */
export interface Failure {
  readonly operations: ReadonlyArray<Operation>
  readonly complaints: ReadonlyArray<string>
}

export interface Explored {
  readonly failure: Failure | undefined
  readonly tally: ReadonlyMap<string, number>
}

/** Whoever yields goes on at once: a turn of the event loop costs as much as the work between two of them. */
const eager = new Scheduler.MixedScheduler("async", (run) => {
  let isDue = true
  queueMicrotask(() => {
    if (isDue) run()
  })
  return () => void (isDue = false)
})

/** Lets these things happen to a fresh machine, up to the first that goes wrong. The event loop has its turn before it. */
export const explore = (operations: ReadonlyArray<Operation>): Effect.Effect<Explored> =>
  Effect.andThen(
    Effect.promise(() => setImmediate()),
    Effect.provideService(exploring(operations), Scheduler.Scheduler, eager)
  )

const exploring = (operations: ReadonlyArray<Operation>): Effect.Effect<Explored> =>
  Effect.acquireUseRelease(
    Effect.sync(() => new Run()),
    (run) =>
      Effect.gen(function* () {
        for (const [index, operation] of operations.entries()) {
          const complaints = yield* run.step(operation)
          if (complaints.length > 0) {
            return { failure: { operations: operations.slice(0, index + 1), complaints }, tally: run.tally }
          }
        }
        return { failure: undefined, tally: run.tally }
      }),
    (run) => run.close
  )

/** How many operations a search for something shorter may take. */
const patience = 40_000

/** Drops what is not needed for something to go wrong: halves first, single operations last. */
export const shrink = Effect.fnUntraced(function* (failure: Failure) {
  let best = failure
  let spent = 0
  for (let size = Math.ceil(best.operations.length / 2); size >= 1; size = size === 1 ? 0 : Math.ceil(size / 2)) {
    for (let from = 0; from < best.operations.length && spent < patience;) {
      const fewer = best.operations.toSpliced(from, size)
      spent += fewer.length
      const found = (yield* explore(fewer)).failure
      if (found === undefined) from += size
      else best = found
    }
  }
  return best
})
