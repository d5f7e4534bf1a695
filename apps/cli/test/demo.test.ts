import { assert, describe, it } from "@effect/vitest"
import { Effect, Layer } from "effect"
import { TestConsole } from "effect/testing"
import { finish } from "#src/demo/finish"
import { json } from "#src/output/json"
import { table } from "#src/output/table"
import { Streams } from "#src/terminal/Streams"
import { attachmentOf } from "./support/fakeVmnet.ts"

const vms = [attachmentOf("alpha")]
const entries = [{ step: "vmnet up alpha", result: "10.0.42.17/24", milliseconds: 5 }]

/** What the end of a demo says on a terminal, or in a pipe, whose stderr is a terminal still. */
const ended = Effect.fnUntraced(function* (terminal: boolean, differences: ReadonlyArray<string>) {
  const drawn: Array<string> = []
  const streams = Streams.of({
    stdout: { terminal, color: false },
    stderr: { terminal: true, color: false },
    columns: () => 80,
    drawStderr: (text) => Effect.sync(() => void drawn.push(text))
  })
  const run = Effect.gen(function* () {
    const exit = yield* Effect.exit(finish(terminal ? table : json, entries, { vms, differences }))
    return {
      isSuccess: exit._tag === "Success",
      stdout: (yield* TestConsole.logLines).join("\n"),
      stderr: drawn.join("")
    }
  })
  return yield* Effect.provide(run, Layer.merge(Layer.fresh(TestConsole.layer), Layer.succeed(Streams, streams)))
})

describe("the verdict of the demo", () => {
  it.effect("is on stderr as well when stdout is a pipe", () =>
    Effect.gen(function* () {
      const good = yield* ended(false, [])
      assert.isTrue(JSON.parse(good.stdout).identical)
      assert.match(good.stderr, /^\n✓ the host is byte-identical to before: .*\n$/)
      const bad = yield* ended(false, ["+ link left"])
      assert.isFalse(bad.isSuccess)
      assert.strictEqual(bad.stderr, "\n✗ the host is not what it was:\n+ link left\n")
    })
  )

  it.effect("is told once on a terminal", () =>
    Effect.gen(function* () {
      const { isSuccess, stderr, stdout } = yield* ended(true, [])
      assert.deepStrictEqual([isSuccess, stderr], [true, ""])
      assert.match(stdout, /\n✓ the host is byte-identical to before: .*$/)
    })
  )
})
