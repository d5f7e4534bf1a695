import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import type { Job } from "../../../../tooling/crash/Job.ts"
import { verdict } from "../../../../tooling/crash/report.ts"
import { runAll } from "../../../../tooling/crash/runAll.ts"
import { makeBundle } from "../support/bundle.ts"
import { scenarios } from "./scenarios.ts"

const bundle = Effect.acquireRelease(Effect.promise(makeBundle), ({ remove }) => Effect.sync(remove))

const sampled = scenarios.filter(({ sample = 0 }) => sample > 0)

describe("the command, killed by SIGKILL", () => {
  it.live(
    "at 300 points of every verb, on every backend, leaves nothing that gc does not take, and touches nothing else",
    () =>
      Effect.gen(function* () {
        const { directory, program } = yield* bundle
        const made = { file: program, cache: `${directory}/cache` }
        const jobs = sampled.map(({ name, sample = 0 }): Job => ({
          scenario: name,
          bundle: made,
          part: 0,
          parts: 1,
          count: sample,
          from: 0
        }))
        const results = yield* Effect.promise(() => runAll(jobs, 3, () => {}))
        assert.deepStrictEqual(verdict(results), [])
        const killed = results.flatMap(({ reports }) => reports).filter(({ reached }) => reached)
        assert.isAtLeast(killed.length, 300)
      }).pipe(Effect.scoped),
    1_800_000
  )
})
