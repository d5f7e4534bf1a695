import { assert, it } from "@effect/vitest"
import { makeFindProgram } from "@vmnet/ops-exec"
import { Effect } from "effect"
import { chmodSync, chownSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs"
import { join } from "node:path"

/** Two directories of programs below a fresh one that only root can write. */
const directories = Effect.acquireRelease(
  Effect.sync(() => {
    const root = mkdtempSync("/run/programs-")
    const [first, second] = [join(root, "first"), join(root, "second")] as const
    for (const path of [first, second]) mkdirSync(path, { mode: 0o755 })
    return { root, first, second }
  }),
  ({ root }) => Effect.sync(() => rmSync(root, { recursive: true }))
)

const program = (path: string, mode = 0o755, owner = 0): void => {
  writeFileSync(path, "#!/bin/true\n")
  chownSync(path, owner, owner)
  chmodSync(path, mode)
}

it.effect("a program is the first of its name in the directories, by its real path", () =>
  Effect.gen(function* () {
    const { first, second } = yield* directories
    program(join(second, "tool-1.0"))
    symlinkSync("tool-1.0", join(second, "tool"))
    const find = makeFindProgram([first, second])
    assert.strictEqual(yield* find("tool"), join(second, "tool-1.0"))
    program(join(first, "tool"))
    assert.strictEqual(yield* makeFindProgram([first, second])("tool"), join(first, "tool"))
    assert.strictEqual(yield* find("tool"), join(second, "tool-1.0"), "what was found once is remembered")
  })
)

it.effect("a program that others own or can write is not trusted, nor is a link to one", () =>
  Effect.gen(function* () {
    const { first, root } = yield* directories
    const find = makeFindProgram([first])
    const refused = (name: string) => Effect.map(Effect.flip(find(name)), ({ reason }) => reason)
    program(join(first, "group-writable"), 0o775)
    program(join(first, "world-writable"), 0o757)
    program(join(first, "foreign"), 0o755, 1000)
    program(join(first, "not-executable"), 0o644)
    mkdirSync(join(first, "directory"))
    symlinkSync("foreign", join(first, "link"))
    const open = join(root, "open")
    mkdirSync(open)
    chmodSync(open, 0o777)
    program(join(open, "tool"))
    symlinkSync(join(open, "tool"), join(first, "elsewhere"))
    symlinkSync("nowhere", join(first, "dangling"))
    for (const name of [
      "group-writable",
      "world-writable",
      "foreign",
      "not-executable",
      "directory",
      "link",
      "elsewhere"
    ]) {
      assert.strictEqual(yield* refused(name), "NotTrusted", name)
    }
    assert.strictEqual(yield* refused("dangling"), "NotFound")
  })
)

it.effect("a program that was refused may be found later", () =>
  Effect.gen(function* () {
    const { first } = yield* directories
    const find = makeFindProgram([first])
    assert.strictEqual((yield* Effect.flip(find("tool"))).reason, "NotFound")
    program(join(first, "tool"))
    assert.strictEqual(yield* find("tool"), join(first, "tool"))
  })
)
