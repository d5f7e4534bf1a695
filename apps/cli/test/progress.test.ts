import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import { makeCli } from "./support/cli.ts"

const erase = "\r\u001b[2K"

describe("progress", () => {
  it.effect("on a terminal is one line that is redrawn, erased and replaced by a summary", () =>
    Effect.gen(function* () {
      const run = yield* makeCli({ terminal: 80 })("up", "vm1")
      assert.strictEqual(run.drawn, `${erase}vm1: reserve${erase}vm1: create tap vmtabcdefghijkl${erase}`)
      assert.strictEqual(run.stderr, "vm1 is up: 10.0.42.17/24 on vmtabcdefghijkl\n")
    })
  )

  it.effect("never wraps: a line that does could not be erased", () =>
    Effect.gen(function* () {
      const run = yield* makeCli({ terminal: 20 })("up", "vm1")
      for (const line of run.drawn.split(erase)) assert.isAtMost(line.length, 19)
    })
  )

  it.effect("is erased when the work fails", () =>
    Effect.gen(function* () {
      const { VmnetError } = yield* Effect.promise(() => import("@vmnet/core"))
      const fail = { up: new VmnetError({ code: "PORT_IN_USE", detail: "port 8080 is taken" }) }
      const run = yield* makeCli({ terminal: 80, fail })("up", "vm1")
      assert.isTrue(run.drawn.endsWith(erase))
      assert.deepStrictEqual([run.code, run.stdout, run.stderr], [4, "", "vmnet: port 8080 is taken\n"])
    })
  )

  it.effect("in a pipe is silent, and with -v a line per step", () =>
    Effect.gen(function* () {
      assert.strictEqual((yield* makeCli()("up", "vm1")).stderr, "")
      const run = yield* makeCli()("up", "vm1", "-v")
      assert.deepStrictEqual(
        [run.drawn, run.stderr.split("\n").slice(0, 2)],
        ["", ["vm1: reserve", "vm1: create tap vmtabcdefghijkl"]]
      )
    })
  )

  it.effect("says when nothing had to be done", () =>
    Effect.gen(function* () {
      const cli = makeCli({ terminal: 80 })
      yield* cli("up", "vm1")
      assert.match((yield* cli("up", "vm1")).stderr, /^vm1 was up already: /)
    })
  )
})
