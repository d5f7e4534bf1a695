import { type Call, FaultsControl, type Performance } from "@vmnet/testkit"
import { Deferred, Effect } from "effect"
import type { Mishap } from "./Operation.ts"

/** Faults that can be set for one verb after the other, while the services they strike live on. */
export class FaultGate extends FaultsControl {
  #pending: { call: number; readonly mishap: Mishap } | undefined = undefined
  /** Whether what was set has happened. */
  struckNow = false

  constructor() {
    super([])
  }

  /** The call number `call` from now on, from 0, has a mishap. */
  set(call: number, mishap: Mishap): void {
    this.#pending = { call, mishap }
    this.struckNow = false
  }

  clear(): void {
    this.#pending = undefined
  }

  override perform<A, E>(made: Omit<Call, "number">, { steps, error }: Performance<A, E>): Effect.Effect<A, E> {
    return Effect.suspend((): Effect.Effect<A, E> => {
      if (Deferred.isDoneUnsafe(this.crashed)) return Effect.never
      const pending = this.#pending
      if (pending === undefined || pending.call-- > 0) return steps(0, made.steps)
      this.#pending = undefined
      this.struckNow = true
      const isApplied = pending.mishap === "fails though applied" || pending.mishap === "dies when applied"
      const before: Effect.Effect<unknown, E> = isApplied ? steps(0, made.steps) : Effect.void
      if (pending.mishap.startsWith("fails")) {
        return Effect.andThen(
          before,
          Effect.suspend(() => Effect.fail(error({ ...made, number: 1 }, undefined)))
        )
      }
      return before.pipe(
        Effect.exit,
        Effect.andThen(Deferred.succeed(this.crashed, null)),
        Effect.andThen(Effect.never)
      )
    })
  }
}
