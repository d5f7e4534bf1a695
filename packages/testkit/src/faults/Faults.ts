import { Context, Deferred, Effect } from "effect"
import type { Call } from "./Call.ts"
import type { Fault, Injection } from "./Fault.ts"

/** How a call is carried out in parts, so that a fault can strike between them. */
export interface Performance<A, E> {
  /** Carries out the steps `from` (included) to `to` (excluded). */
  readonly steps: (from: number, to: number) => Effect.Effect<A, E>
  /** What the call fails with when it is told to. */
  readonly error: (call: Call, index: number | undefined) => E
}

/**
 * Counts the calls of one run and strikes the ones it is told to. Layers decorated with `faultyCalls` need it; provide
 * a new one for every run.
 */
export class Faults extends Context.Service<Faults, FaultsControl>()("@vmnet/testkit/Faults") {
  static readonly make = (injections: ReadonlyArray<Injection> = []): FaultsControl => new FaultsControl(injections)
}

export class FaultsControl {
  /** What was called so far. */
  readonly calls: Array<Call> = []
  /** The injections that struck. */
  readonly struck: Array<Injection> = []
  /** Done when a call hangs: the run can be interrupted. */
  readonly hanging = Deferred.makeUnsafe<"Hang">()
  /** Done when the process died: the run is over. */
  readonly crashed = Deferred.makeUnsafe<null>()
  /** Lets hanging calls end that could not be interrupted. */
  readonly released = Deferred.makeUnsafe<void>()
  #pending: ReadonlyArray<Injection>

  constructor(injections: ReadonlyArray<Injection>) {
    this.#pending = injections
  }

  /** From now on calls are only counted. */
  disarm(): void {
    this.#pending = []
  }

  perform<A, E>(made: Omit<Call, "number">, performance: Performance<A, E>): Effect.Effect<A, E> {
    return Effect.suspend(() => {
      if (Deferred.isDoneUnsafe(this.crashed)) return Effect.never
      const call = { ...made, number: this.calls.length + 1 }
      this.calls.push(call)
      const injection = this.#pending.find(({ at }) => at === call.number)
      if (injection === undefined) return performance.steps(0, call.steps)
      this.struck.push(injection)
      return this.#strike(injection.fault, call, performance)
    })
  }

  #strike<A, E>(fault: Fault, call: Call, { steps, error }: Performance<A, E>): Effect.Effect<A, E> {
    if (fault._tag === "Delay") return Effect.delay(steps(0, call.steps), fault.duration)
    const { applied } = fault
    const before: Effect.Effect<unknown, E> = applied === 0 ? Effect.void : steps(0, applied)
    switch (fault._tag) {
      case "Fail":
        return Effect.andThen(
          before,
          Effect.suspend(() => Effect.fail(error(call, fault.index)))
        )
      case "Hang":
        return applied === call.steps && applied > 0
          ? Effect.tap(steps(0, applied), () => this.#hang)
          : before.pipe(Effect.andThen(this.#hang), Effect.andThen(steps(applied, call.steps)))
      case "Crash":
        return before.pipe(Effect.exit, Effect.andThen(this.#crash))
    }
  }

  get #hang(): Effect.Effect<void> {
    return Effect.andThen(Deferred.succeed(this.hanging, "Hang"), Deferred.await(this.released))
  }

  get #crash(): Effect.Effect<never> {
    return Effect.andThen(Deferred.succeed(this.crashed, null), Effect.never)
  }
}
