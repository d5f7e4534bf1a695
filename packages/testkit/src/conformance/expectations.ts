import { assert } from "@effect/vitest"
import type { OpsError, OpsReason } from "@vmnet/core"
import { Effect } from "effect"

/** The operation fails with this reason and says what it was doing. */
export const refused = <A, R>(
  self: Effect.Effect<A, OpsError, R>,
  ...reasons: ReadonlyArray<OpsReason>
): Effect.Effect<OpsError, never, R> =>
  self.pipe(
    Effect.matchEffect({
      onSuccess: () => Effect.die(new Error(`succeeded, but had to fail with ${reasons.join(" or ")}`)),
      onFailure: Effect.succeed
    }),
    Effect.tap((error) =>
      Effect.sync(() => {
        assert.include(reasons, error.reason, error.message)
        assert.isNotEmpty(error.action, "an error names its action")
      })
    )
  )

/** The change at `index` of a batch fails, and the error says so. */
export const refusedAt = <A, R>(
  self: Effect.Effect<A, OpsError, R>,
  reason: OpsReason,
  index: number
): Effect.Effect<OpsError, never, R> =>
  refused(self, reason).pipe(
    Effect.tap((error) => Effect.sync(() => assert.strictEqual(error.index, index, error.message)))
  )
