import { type Clock, Duration, Effect } from "effect"

/** Time that stands still but for who waits for it: a wait that would never end is over at once, and its patience too. */
export class ManualClock implements Clock.Clock {
  #now = 1_700_000_000_000
  readonly currentTimeMillis = Effect.sync(() => this.currentTimeMillisUnsafe())
  readonly currentTimeNanos = Effect.sync(() => this.currentTimeNanosUnsafe())
  readonly monotonicTimeNanos = Effect.sync(() => this.monotonicTimeNanosUnsafe())

  pass(milliseconds: number): void {
    this.#now += milliseconds
  }

  currentTimeMillisUnsafe(): number {
    return this.#now
  }

  currentTimeNanosUnsafe(): bigint {
    return BigInt(Math.floor(this.#now)) * 1_000_000n
  }

  monotonicTimeNanosUnsafe(): bigint {
    return this.currentTimeNanosUnsafe()
  }

  sleep(duration: Duration.Duration): Effect.Effect<void> {
    return Effect.andThen(
      Effect.sync(() => this.pass(Math.max(1, Duration.toMillis(duration)))),
      Effect.yieldNow
    )
  }
}
