import { assert, describe, it } from "@effect/vitest"
import { errorCodes, exitCodeOf, VmnetError } from "@vmnet/core"
import { Effect } from "effect"
import { makeCli } from "./support/cli.ts"
import { attachmentOf } from "./support/fakeVmnet.ts"

const failingWith = (error: VmnetError) => makeCli({ fail: { list: error } })

describe("errors", () => {
  it.effect("every code has its exit code, and its four fields with --json", () =>
    Effect.gen(function* () {
      for (const code of errorCodes) {
        const error = new VmnetError({ code, detail: "what", hint: "next", details: { vm: "vm1" } })
        const run = yield* failingWith(error)("ls", "--json")
        assert.deepStrictEqual([run.code, run.stdout], [exitCodeOf[code], ""])
        assert.strictEqual(
          run.stderr,
          `{"error":{"code":"${code}","message":"what","details":{"vm":"vm1"},"hint":"next"}}\n`
        )
      }
    })
  )

  it.effect("details and hint are there when an error has none", () =>
    Effect.gen(function* () {
      const { stderr } = yield* failingWith(new VmnetError({ code: "BUSY", detail: "what" }))("-o", "json", "ls")
      assert.strictEqual(stderr, '{"error":{"code":"BUSY","message":"what","details":{},"hint":null}}\n')
    })
  )

  it.effect("as text: what happened, what to do, and the cause only with -v", () =>
    Effect.gen(function* () {
      const error = new VmnetError({ code: "BUSY", detail: "what", hint: "next", cause: new Error("deep inside") })
      const short = yield* failingWith(error)("ls")
      assert.deepStrictEqual([short.code, short.stdout, short.stderr], [7, "", "vmnet: what\nnext\n"])
      const long = yield* failingWith(error)("ls", "-v")
      assert.match(long.stderr, /caused by: Error: deep inside\n\s+at /)
    })
  )

  it.effect("a defect is INTERNAL, exit 1 and one line; its stack only with -v", () =>
    Effect.gen(function* () {
      const cli = makeCli({
        env: new Proxy(
          {},
          {
            get: () => {
              throw new TypeError("broken\nhere")
            }
          }
        )
      })
      const run = yield* cli("up", "vm1")
      assert.strictEqual(run.code, 1)
      assert.strictEqual(run.stderr, "vmnet: internal error: broken\nThis is a bug in vmnet; -v shows where.\n")
      assert.match((yield* cli("up", "vm1", "-v")).stderr, /caused by: TypeError: broken/)
      const { error } = JSON.parse((yield* cli("up", "vm1", "--json")).stderr)
      assert.strictEqual(error.code, "INTERNAL")
    })
  )

  it.effect("control characters of observed text reach neither stream", () =>
    Effect.gen(function* () {
      const hostile = "eth\u001b[2J\u0007\u009b\u202egpj\n"
      const detail = `link ${hostile} is there`
      const attachments = [attachmentOf("vm1", { host: { address: "x", uplink: hostile }, network: hostile })]
      for (const world of [{ terminal: 100 }, {}]) {
        for (const argv of [["ls"], ["show", "vm1"], ["ls", "-o", "table"], ["ls", "--json"]]) {
          const run = yield* makeCli({ ...world, attachments })(...argv)
          // oxlint-disable-next-line no-control-regex -- what must not be there
          assert.notMatch(run.stdout, /[\u0000-\u0009\u000b-\u001f\u007f-\u009f\u202e]/)
        }
        const failed = yield* makeCli({ ...world, fail: { list: new VmnetError({ code: "BUSY", detail }) } })("ls")
        // oxlint-disable-next-line no-control-regex -- what must not be there
        assert.notMatch(failed.stderr, /[\u0000-\u0009\u000b-\u001f\u007f-\u009f\u202e]/)
        assert.include(failed.stderr, "eth\\u001b[2J\\u0007\\u009b\\u202egpj")
      }
    })
  )
})

describe("down of several VMs", () => {
  const attachments = [attachmentOf("a"), attachmentOf("b"), attachmentOf("c")]
  const failed = new VmnetError({ code: "STEP_FAILED", detail: "delete tap failed", details: { vm: "b" } })
  const busy = new VmnetError({ code: "BUSY", detail: "c is being changed", hint: "try again" })

  it.effect("takes each down on its own and tells the outcome of each", () =>
    Effect.gen(function* () {
      const run = yield* makeCli({ attachments })("down", "a", "x", "a")
      assert.deepStrictEqual([run.code, run.stderr], [0, ""])
      assert.deepStrictEqual(JSON.parse(run.stdout), {
        vms: [
          { vm: "a", outcome: "removed" },
          { vm: "x", outcome: "absent" }
        ]
      })
    })
  )

  it.effect("reports all errors and ends with the exit code of the first", () =>
    Effect.gen(function* () {
      const fail = { "down b": failed, "down c": busy }
      const run = yield* makeCli({ attachments, fail })("down", "c", "b", "a")
      assert.strictEqual(run.code, 7)
      assert.strictEqual(run.stderr, "vmnet: c is being changed\ntry again\nvmnet: delete tap failed\n")
      assert.deepStrictEqual(JSON.parse(run.stdout), {
        vms: [
          { vm: "c", outcome: "failed" },
          { vm: "b", outcome: "failed" },
          { vm: "a", outcome: "removed" }
        ],
        failed: [
          { vm: "c", error: { code: "BUSY", message: "c is being changed", details: {}, hint: "try again" } },
          { vm: "b", error: { code: "STEP_FAILED", message: "delete tap failed", details: { vm: "b" }, hint: null } }
        ]
      })
      const json = yield* makeCli({ attachments, fail })("down", "c", "b", "a", "--json")
      const { error } = JSON.parse(json.stderr)
      assert.strictEqual(error.code, "BUSY")
      assert.deepStrictEqual(
        error.details.errors.map((one: { code: string }) => one.code),
        ["BUSY", "STEP_FAILED"]
      )
    })
  )

  it.effect("one error stands alone", () =>
    Effect.gen(function* () {
      const run = yield* makeCli({ attachments, fail: { "down c": busy } })("down", "a", "b", "c", "--json")
      assert.deepStrictEqual([run.code, JSON.parse(run.stderr).error.code], [7, "BUSY"])
    })
  )

  it.effect("--all takes every VM down, and none is success", () =>
    Effect.gen(function* () {
      const cli = makeCli({ attachments })
      const first = yield* cli("down", "--all")
      assert.strictEqual(JSON.parse(first.stdout).vms.length, 3)
      const again = yield* cli("down", "--all")
      assert.deepStrictEqual([again.code, again.stdout], [0, '{"vms":[]}\n'])
    })
  )

  it.effect("no VM, or VMs and --all, is a usage error; so is one bad name among good ones, and nothing is done", () =>
    Effect.gen(function* () {
      const cli = makeCli({ attachments })
      for (const argv of [["down"], ["down", "a", "--all"], ["down", "a", "B!"]]) {
        const run = yield* cli(...argv)
        assert.deepStrictEqual([run.code, run.stdout, run.stateDirs.length], [2, "", 0])
      }
    })
  )
})
