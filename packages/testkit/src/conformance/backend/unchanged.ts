import { assert } from "@effect/vitest"
import { Effect } from "effect"
import { HostSnapshot } from "../../host/HostSnapshot.ts"

/** The host is what it was when `before` was taken. */
export const unchanged = Effect.fn("unchanged")(function* (before: HostSnapshot) {
  const after = yield* Effect.orDie(HostSnapshot.take())
  assert.deepStrictEqual(HostSnapshot.diff(before, after), [])
})

/** Whatever `work` does and holds in its scope, the whole host is afterwards what it was. */
export const leavesNoTrace = <A, E, R>(work: Effect.Effect<A, E, R>) =>
  Effect.gen(function* () {
    const before = yield* Effect.orDie(HostSnapshot.take())
    const answer = yield* Effect.scoped(work)
    yield* unchanged(before)
    return answer
  })
