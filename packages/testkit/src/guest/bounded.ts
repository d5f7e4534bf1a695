import { Effect } from "effect"

/**
 * Fail after `ms` milliseconds, by the system's timer: real guests take real time, and under a test clock Effect's own
 * timeouts would never come.
 */
export const bounded = <A, E, R, E2>(
  effect: Effect.Effect<A, E, R>,
  ms: number,
  late: () => E2
): Effect.Effect<A, E | E2, R> => {
  const alarm: Effect.Effect<never, E2> = Effect.callback((resume) => {
    const timer = setTimeout(() => resume(Effect.fail(late())), ms)
    return Effect.sync(() => clearTimeout(timer))
  })
  return Effect.raceFirst(effect, alarm)
}

/** Wait for real. */
export const pause = (ms: number): Effect.Effect<void> =>
  Effect.callback((resume) => {
    const timer = setTimeout(() => resume(Effect.void), ms)
    return Effect.sync(() => clearTimeout(timer))
  })
