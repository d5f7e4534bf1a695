import { assert } from "@effect/vitest"
import { MountOps, type ResolverMount } from "@vmnet/core"
import { layerExec } from "@vmnet/ops-exec"
import { Effect, Layer } from "effect"
import { mkdtempSync, rmSync } from "node:fs"
import { join } from "node:path"
import { hostFiles } from "./hostFiles.ts"
import { mountTable } from "./mountFixture.ts"

export const layerMount = Layer.fresh(layerExec({ install: "0a1b2c3d" }))

/** A directory of the test's own. */
export const base = Effect.acquireRelease(
  Effect.sync(() => mkdtempSync("/run/vmnet-hostile-")),
  (path) => Effect.sync(() => rmSync(path, { recursive: true }))
)

let count = 0

/** A mount over the resolver file of a rootfs, on paper. */
export const plan = Effect.fnUntraced(function* (directory: string, rootfs: string) {
  const found = yield* (yield* MountOps).rootfs(rootfs)
  const content = "nameserver 198.51.100.53\n"
  return { rootfs: found, directory: join(directory, `state-${++count}`), content } satisfies ResolverMount
})

/** Whatever it does, neither files nor mounts of the host are different afterwards. */
export const leavesTheHost = <A, E, R>(work: Effect.Effect<A, E, R>) =>
  Effect.gen(function* () {
    const before = { files: hostFiles(), mounts: mountTable() }
    const answer = yield* Effect.scoped(work)
    assert.deepStrictEqual({ files: hostFiles(), mounts: mountTable() }, before)
    return answer
  })
