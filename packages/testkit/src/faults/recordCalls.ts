import { Effect } from "effect"
import type { Call } from "./Call.ts"
import { Faults } from "./Faults.ts"

/** Runs an effect whose services are decorated, with no fault at all, and lists the calls it made. */
export const recordCalls = <A, E, R>(
  self: Effect.Effect<A, E, R>
): Effect.Effect<readonly [value: A, calls: ReadonlyArray<Call>], E, Exclude<R, Faults>> =>
  Effect.suspend(() => {
    const faults = Faults.make()
    return Effect.map(Effect.provideService(self, Faults, faults), (value) => [value, faults.calls] as const)
  })
