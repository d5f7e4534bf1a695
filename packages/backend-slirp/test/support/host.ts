import { assert } from "@effect/vitest"
import { HostSnapshot, PrivateHost } from "@vmnet/testkit"
import { Effect, Layer } from "effect"
import { readdirSync } from "node:fs"
import { User } from "./User.ts"

/** A user id that no other test file's processes have: all of them see one table of processes. */
export const users = (): readonly [User, User] => [
  new User(60_000 + (process.pid % 2_000) * 2),
  new User(60_001 + (process.pid % 2_000) * 2)
]

export const onPrivateHost = <A, E>(work: Effect.Effect<A, E, PrivateHost>): Effect.Effect<A, E> =>
  Effect.provide(work, Layer.orDie(PrivateHost.layer()))

const take = (user: User) =>
  Effect.orDie(HostSnapshot.take({ stateDirectories: ["/run/vmnet", `${user.runtime}/vmnet/helpers`] }))

/** Whatever `work` does, host, processes and helpers' files are afterwards what they were. */
export const leavesNoTrace = <A, E, R>(user: User, work: Effect.Effect<A, E, R>) =>
  Effect.gen(function* () {
    const before = yield* take(user)
    const answer = yield* Effect.scoped(work)
    assert.deepStrictEqual(HostSnapshot.diff(before, yield* take(user)), [])
    assert.deepStrictEqual(
      namesIn(`${user.runtime}/vmnet`).filter((name) => !name.startsWith("ledger.db")),
      []
    )
    return answer
  })

const namesIn = (directory: string): ReadonlyArray<string> => {
  try {
    return readdirSync(directory)
  } catch {
    return []
  }
}
