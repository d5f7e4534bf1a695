import { PrivateHost } from "@vmnet/testkit"
import { assert } from "@effect/vitest"
import { Effect } from "effect"

const mount = Effect.fnUntraced(function* (argv: ReadonlyArray<string>) {
  const { run } = yield* PrivateHost
  const { exitCode, stderr } = yield* Effect.orDie(run("host", argv))
  assert.strictEqual(exitCode, 0, `${argv.join(" ")}: ${stderr}`)
})

/**
 * Nobody in this mount namespace writes below the path while the scope lives: the kernel itself says EROFS. The proof
 * that something is never written, whatever is written over it.
 */
export const readOnly = (path: string) =>
  Effect.acquireRelease(
    Effect.andThen(mount(["mount", "--bind", path, path]), mount(["mount", "-o", "remount,bind,ro", path])),
    () => mount(["umount", path])
  )
