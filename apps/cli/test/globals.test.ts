import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import { makeCli } from "./support/cli.ts"
import { attachmentOf } from "./support/fakeVmnet.ts"

const attachments = [attachmentOf("vm1")]

describe("global flags", () => {
  it.effect("mean the same before and after the verb", () =>
    Effect.gen(function* () {
      const flags = ["--state-dir", "/tmp/x", "-o", "json", "--no-daemon", "-v", "--json"]
      const before = yield* makeCli({ attachments, terminal: 80 })(...flags, "network", "show", "bridge")
      const between = yield* makeCli({ attachments, terminal: 80 })("network", ...flags, "show", "bridge")
      const after = yield* makeCli({ attachments, terminal: 80 })("network", "show", "bridge", ...flags)
      assert.deepStrictEqual([before.code, before.stateDirs], [0, ["/tmp/x"]])
      assert.isTrue(before.stdout.startsWith("{"))
      assert.deepStrictEqual([between.stdout, between.stateDirs], [before.stdout, before.stateDirs])
      assert.deepStrictEqual([after.stdout, after.stateDirs], [before.stdout, before.stateDirs])
    })
  )

  it.effect("--backend before the verb reaches up", () =>
    Effect.gen(function* () {
      const { code, vmnet } = yield* makeCli()("--backend", "bridge", "up", "vm1")
      assert.deepStrictEqual([code, vmnet.requests.get("vm1")?.backend], [0, "bridge"])
    })
  )

  it.effect("a switch given twice is given, and =false takes it back", () =>
    Effect.gen(function* () {
      const twice = yield* makeCli({ attachments, terminal: 80 })("--json", "ls", "--json")
      assert.deepStrictEqual([twice.code, twice.stdout[0]], [0, "{"])
      const back = yield* makeCli({ attachments, terminal: 80 })("--json", "ls", "--json=false")
      assert.isTrue(back.stdout.startsWith("VM "))
    })
  )

  it.effect("the state directory is root's, or the user's own, or named", () =>
    Effect.gen(function* () {
      const root = yield* makeCli()("ls")
      assert.deepStrictEqual(root.stateDirs, ["/run/vmnet"])
      const user = yield* makeCli({ uid: 1000, env: { XDG_RUNTIME_DIR: "/run/user/1000" } })("ls")
      assert.deepStrictEqual(user.stateDirs, ["/run/user/1000/vmnet"])
      const nowhere = yield* makeCli({ uid: 1000, env: {} })("ls")
      assert.deepStrictEqual([nowhere.code, nowhere.stateDirs], [2, []])
      assert.match(nowhere.stderr, /--state-dir DIR/)
    })
  )
})
