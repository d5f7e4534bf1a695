import { type Context, Deferred, Effect, type Exit, Fiber, Layer, Scope } from "effect"
import type { Injection } from "./Fault.ts"
import { Faults, type FaultsControl } from "./Faults.ts"
import { type FaultRun, type Scenario, describeRun } from "./Scenario.ts"

/** Wall time, whatever clock the test has: a run that never ends must not be bounded by a clock that stands still. */
const endsWithin = <A, E, R>(self: Effect.Effect<A, E, R>, milliseconds: number): Effect.Effect<A, E, R> =>
  Effect.raceFirst(
    self,
    Effect.callback<never>((resume) => {
      const stuck = new Error(`the run did not end within ${milliseconds} ms`)
      const timer = setTimeout(() => resume(Effect.die(stuck)), milliseconds)
      return Effect.sync(() => clearTimeout(timer))
    })
  )

/** Turns of the scheduler, so that an interruption reaches every fiber of the run that can be interrupted. */
const letInterruptionSpread = Effect.forEach(Array.from({ length: 100 }), () => Effect.yieldNow, { discard: true })

/** How the run ended; null when its process died, in which case nothing of it makes another call. */
const settle = Effect.fnUntraced(function* <A, E>(
  fiber: Fiber.Fiber<A, E>,
  faults: FaultsControl
): Effect.fn.Return<Exit.Exit<A, E> | null> {
  const end = Effect.raceFirst(Fiber.await(fiber), Deferred.await(faults.crashed))
  const first = yield* Effect.raceFirst(end, Deferred.await(faults.hanging))
  if (first !== "Hang") return first
  fiber.interruptUnsafe()
  yield* letInterruptionSpread
  yield* Deferred.succeed(faults.released, undefined)
  return yield* end
})

/** Runs it in a fiber of its own, which is left where it stands when its process dies. */
const perform = Effect.fnUntraced(function* <A, E>(
  run: Effect.Effect<A, E>,
  faults: FaultsControl,
  limit = 10_000
): Effect.fn.Return<Exit.Exit<A, E> | null> {
  const fiber = yield* Effect.forkDetach(run)
  const interrupt = Effect.sync(() => fiber.interruptUnsafe())
  return yield* Effect.onError(endsWithin(settle(fiber, faults), limit), () => interrupt)
})

/** The services over a world, shared with nobody: another run must not find the layers of this one. */
const start = <W, A, E, R, RIn>(
  scenario: Scenario<W, A, E, R, RIn>,
  world: W,
  faults: FaultsControl,
  scope: Scope.Scope
) =>
  Layer.buildWithMemoMap(scenario.services(world), Layer.makeMemoMapUnsafe(), scope).pipe(
    Effect.provideService(Faults, faults)
  ) as Effect.Effect<Context.Context<R>, unknown, RIn>

/**
 * One run in a fresh world, then its check. A process that dies releases nothing: the scope of its services stays open,
 * and the check gets new ones, as a new process would.
 */
export const runScenario = <W, A, E, R, RIn>(
  scenario: Scenario<W, A, E, R, RIn>,
  injections: ReadonlyArray<Injection>
): Effect.Effect<FaultRun<W, A, E>, unknown, RIn> =>
  Effect.scoped(
    Effect.gen(function* () {
      const scope = yield* Effect.scope
      const world = yield* scenario.world
      const faults = Faults.make(injections)
      const dies = injections.some(({ fault }) => fault._tag === "Crash")
      const services = yield* start(scenario, world, faults, dies ? Scope.makeUnsafe() : scope)
      const exit = yield* perform(Effect.provideContext(scenario.run(world), services), faults, scenario.limit)
      faults.disarm()
      const calls = [...faults.calls]
      const run: FaultRun<W, A, E> = { world, injections, calls, exit, words: describeRun(injections, calls) }
      const alive = exit === null ? yield* start(scenario, world, Faults.make(), scope) : services
      yield* Effect.provideContext(scenario.check(run), alive)
      return run
    })
  )
