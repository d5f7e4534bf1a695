import { assert, it } from "@effect/vitest"
import { Commands } from "@vmnet/core"
import { Effect } from "effect"
import { writeFileSync } from "node:fs"
import { join } from "node:path"
import { unmountOne } from "#src/mount/detach.ts"
import { mountsOf } from "#src/mount/mountinfo.ts"
import { mountTable } from "../support/mountFixture.ts"
import { base, layerMount, leavesTheHost } from "../support/mounting.ts"
import { run } from "../support/programs.ts"

const words = { family: "mount", action: "unmount" } as const

it.effect("a path that leads to another mount by the time it is opened unmounts nothing", () =>
  leavesTheHost(
    Effect.gen(function* () {
      const commands = yield* Commands
      const file = join(yield* base, "of-the-host")
      writeFileSync(file, "")
      yield* Effect.acquireRelease(
        Effect.sync(() => run("mount", ["--bind", file, file])),
        () => Effect.sync(() => run("umount", [file]))
      )
      const before = mountTable()
      const foreign = mountsOf("self").find(({ point }) => point === file)!
      yield* unmountOne(commands, words, { ...foreign, id: foreign.id + 1 })
      assert.deepStrictEqual(mountTable(), before)
      // The same with the right id does unmount: it is the id that decides.
      yield* unmountOne(commands, words, foreign)
      assert.isFalse(mountTable().some((line) => line.includes(file)))
      run("mount", ["--bind", file, file])
    })
  ).pipe(Effect.provide(layerMount))
)
