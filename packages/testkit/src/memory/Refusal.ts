import { OpsError, type OpsReason } from "@vmnet/core"
import { Effect } from "effect"

/** What was being done when the kernel refused; the innermost one that knows wins. */
export interface Attempt {
  readonly family: OpsError["family"]
  readonly action: string
  readonly index?: number
}

/** The in-memory kernel says no: thrown inside its synchronous code, an `OpsError` at its seam. */
export class Refusal extends Error {
  readonly reason: OpsReason
  readonly output: string
  attempt: Attempt | undefined

  constructor(reason: OpsReason, output: string) {
    super(`${reason}: ${output}`)
    this.reason = reason
    this.output = output
  }
}

export const refuse = (reason: OpsReason, output: string): never => {
  throw new Refusal(reason, output)
}

/** Names the attempt in a refusal, as far as it does not know its own yet. */
export const attempting = <A>(attempt: Attempt, run: () => A): A => {
  try {
    return run()
  } catch (cause) {
    if (cause instanceof Refusal) cause.attempt = { ...attempt, ...cause.attempt }
    throw cause
  }
}

/**
 * Runs synchronous kernel code as an operation. It yields to other fibers first, as a real call would, so that
 * concurrent callers interleave; the code itself is never interrupted half-way.
 */
export const operation = <A>(attempt: Attempt, run: () => A): Effect.Effect<A, OpsError> =>
  Effect.andThen(
    Effect.yieldNow,
    Effect.suspend(() => {
      try {
        return Effect.succeed(run())
      } catch (cause) {
        if (!(cause instanceof Refusal)) return Effect.die(cause)
        return Effect.fail(new OpsError({ ...(cause.attempt ?? attempt), reason: cause.reason, output: cause.output }))
      }
    })
  )
