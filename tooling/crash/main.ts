/** `pnpm test:crash`: every verb is killed at every point. Flags: --scenario (a regular
 * expression), --point, --mode and --delay of one kill, --kills (so many of each scenario), --sample (as `npm test`), --workers,
 * --bundle (a bin.js that is built already), --ops (how the kernel is reached). */
import { mkdtempSync, rmSync } from "node:fs"
import { availableParallelism, tmpdir } from "node:os"
import { join } from "node:path"
import { fileURLToPath } from "node:url"
import { parseArgs } from "node:util"
import { scenarios } from "../../apps/cli/test/crash/scenarios.ts"
import type { Job } from "./Job.ts"
import { failureText, table, verdict } from "./report.ts"
import { isFailure, runAll } from "./runAll.ts"

const { values } = parseArgs({
  options: {
    scenario: { type: "string" },
    point: { type: "string" },
    mode: { type: "string" },
    delay: { type: "string" },
    sample: { type: "boolean", default: false },
    kills: { type: "string" },
    workers: { type: "string" },
    bundle: { type: "string" },
    ops: { type: "string", default: "native" }
  }
})

const file = values.bundle ?? fileURLToPath(new URL("../../apps/cli/dist/bin.js", import.meta.url))
const cache = mkdtempSync(join(tmpdir(), "vmnet-crash-"))
process.once("exit", () => rmSync(cache, { recursive: true, force: true }))

const wanted = new RegExp(`^(?:${values.scenario ?? ".*"})$`)
const chosen = scenarios.filter(({ name, sample = 0 }) => wanted.test(name) && (!values.sample || sample > 0))
if (chosen.length === 0) throw new Error(`no scenario is called ${values.scenario}`)
const only =
  values.point === undefined
    ? {}
    : {
        only: {
          point: Number(values.point),
          mode: values.mode ?? "before",
          ...(values.delay === undefined ? {} : { delay: Number(values.delay) })
        }
      }

/** In two halves, so that all workers have something to do until the end. */
const parts = values.point === undefined && !values.sample && values.kills === undefined ? 2 : 1
const bundle = { file, cache, ops: values.ops }
const countOf = (sample: number) => {
  if (values.kills !== undefined) return { count: Number(values.kills) }
  return values.sample ? { count: sample } : {}
}
const jobsOf = (part: number): ReadonlyArray<Job> =>
  chosen.map(({ name, sample = 0 }) =>
    Object.assign({ scenario: name, bundle, part, parts, from: 0 }, only, countOf(sample))
  )
const jobs = Array.from({ length: parts }, (_, part) => jobsOf(part)).flat()

const started = performance.now()
let kills = 0
const results = await runAll(jobs, Number(values.workers ?? availableParallelism()), (job, report) => {
  kills++
  if (isFailure(report)) process.stdout.write(`${failureText(job, report)}\n`)
  if (kills % 50 === 0) {
    process.stdout.write(
      `${kills} kills, ${Math.round((performance.now() - started) / 1_000)} s, now in ${job.scenario}\n`
    )
  }
})

const unsteady = new Map(
  results.filter((one) => one.unsteady.length > 0).map((one) => [one.job.scenario, one.unsteady])
)
for (const [scenario, words] of unsteady)
  process.stdout.write(`not the same twice in ${scenario}: ${words.join("; ")}\n`)
const failures = verdict(results)
const row = (name: string) => scenarios.find((one) => one.name === name) ?? { verb: "?", backend: "?" }
process.stdout.write(`\n${table(results, row)}\n`)
process.stdout.write(
  `${Math.round((performance.now() - started) / 1_000)} s with ${values.workers ?? availableParallelism()} workers\n`
)
for (const failure of failures) process.stdout.write(`\n${failure}\n`)
process.exitCode = failures.length === 0 ? 0 : 1
