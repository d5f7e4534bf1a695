/** A world in namespaces of its own, and its kills, each told as a line of JSON: `worker.ts JOB`, started by tooling/crash. */
import { Effect } from "effect"
import { spawnSync } from "node:child_process"
import type { Job, Report } from "../../../../tooling/crash/Job.ts"
import { privacyGaps } from "@vmnet/testkit"
import { type Killed, killOnce } from "./killOnce.ts"
import { type Kill, killsAt } from "./Point.ts"
import type { Stage } from "./Scenario.ts"
import { scenarios } from "./scenarios.ts"
import { makeWorld, type World } from "./World.ts"

const job = JSON.parse(process.argv[2] ?? "{}") as Job

const gaps = privacyGaps()
if (gaps.length > 0) throw new Error(`not in namespaces of its own: ${gaps.join("; ")}`)
// The lock of xtables is below /run, and so are the names of namespaces and the ledger.
spawnSync("mount", ["-t", "tmpfs", "-o", "mode=755", "vmnet-crash", "/run"])
spawnSync("mount", ["-t", "sysfs", "vmnet-crash", "/sys"])

const tell = (report: Report) => process.stdout.write(`${JSON.stringify(report)}\n`)

/** A few, evenly spread over all points that change something, the same in every run. */
const someOf = (kills: ReadonlyArray<Kill>, count: number): ReadonlyArray<Kill> => {
  const changing = kills.filter(({ point }) => killsAt(point).length > 1)
  const step = Math.max(1, changing.length / count)
  return Array.from(
    { length: Math.min(count, changing.length) },
    (_, index) => changing[Math.floor((index + 0.5) * step)]!
  )
}

const chosen = ({ points }: World): ReadonlyArray<Kill> => {
  const all = points.flatMap(killsAt)
  const { count, only, part, parts } = job
  if (only !== undefined) {
    return all.filter(
      ({ point, mode, delay }) => point.index === only.point && mode === only.mode && (only.delay ?? delay) === delay
    )
  }
  const kills = count === undefined ? all : someOf(all, count)
  return kills.filter((_, index) => index % parts === part)
}

const work = Effect.gen(function* () {
  const scenario = scenarios.find(({ name }) => name === job.scenario)
  if (scenario === undefined) return yield* Effect.die(new Error(`no scenario is called ${job.scenario}`))
  const world = yield* makeWorld(scenario, job.bundle, job.count !== undefined || job.only !== undefined)
  const kills = chosen(world)
  tell({ kind: "world", points: world.points.length, kills: kills.length, unsteady: world.unsteady })
  let stage: Stage = "base"
  for (const [index, kill] of kills.entries()) {
    if (index < job.from) continue
    const started = performance.now()
    const done: Killed = yield* killOnce(world, kill, index, stage)
    const { outcome } = done
    stage = done.stage
    const { delay, mode, point } = kill
    tell({
      kind: "kill",
      point: point.index,
      words: point.words,
      mode,
      delay,
      ms: performance.now() - started,
      ...outcome
    })
    // What a failure left would be found after every further kill: they go on in a world of their own.
    if (outcome.leaks.length + outcome.foreign.length + outcome.broken.length > 0) return
  }
}).pipe(Effect.scoped)

await Effect.runPromise(work)
process.exit(0)
