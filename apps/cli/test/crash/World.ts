import { PrivateHost } from "@vmnet/testkit"
import { Effect } from "effect"
import { mkdirSync, rmSync, writeFileSync } from "node:fs"
import { decoys } from "./decoys.ts"
import { type Program, record } from "./killed.ts"
import type { Point } from "./Point.ts"
import { recordsOf } from "./records.ts"
import type { Scenario, Stage } from "./Scenario.ts"
import { differences, look, type Looking, type State } from "./state.ts"
import { takeSteps } from "./steps.ts"

/** A host on which a scenario's verb is killed again and again, and what it looks like at each stage of it. */
export interface World {
  readonly scenario: Scenario
  readonly program: Program
  readonly looking: Looking
  readonly base: State
  readonly before: State
  readonly after: State
  readonly points: ReadonlyArray<Point>
  /** Points of one recording that the other has not. */
  readonly unsteady: ReadonlyArray<string>
  /** What is on record at a stage is kept, and put back where later kills begin there: each is as if it were the only one. */
  readonly records: { readonly keep: (stage: Stage) => void; readonly restore: (stage: Stage) => void }
  /** Whether the live guest answers the LAN neighbour. */
  readonly answers: Effect.Effect<boolean>
}

export interface Bundle {
  readonly file: string
  /** Where compiled code is kept between runs. */
  readonly cache: string
  /** How the kernel is reached: `--ops`. */
  readonly ops?: string
}

const directory = "/run/crash"

const programOf = ({ cache, file, ops = "native" }: Bundle, { config }: Scenario, stateDir: string): Program => {
  mkdirSync(stateDir, { recursive: true, mode: 0o700 })
  const configFile = `${directory}/config.yaml`
  if (config !== undefined) writeFileSync(configFile, config)
  const globals = ["--state-dir", stateDir, "--ops", ops, ...(config === undefined ? [] : ["--config", configFile])]
  return { file, cache, trace: `${directory}/trace`, globals }
}

const wordsIn = (points: ReadonlyArray<Point>): ReadonlyArray<string> =>
  points.map(({ occurrence, words }) => `${words} (${occurrence})`)

const differing = (some: ReadonlyArray<Point>, others: ReadonlyArray<Point>): ReadonlyArray<string> => {
  const [mine, theirs] = [wordsIn(some), wordsIn(others)]
  return [...mine.filter((one) => !theirs.includes(one)), ...theirs.filter((one) => !mine.includes(one))]
}

/** Once through: how the verb begins, its points, how it ends, and back to the base. */
const rehearse = Effect.fnUntraced(function* (scenario: Scenario, program: Program, looking: Looking) {
  yield* takeSteps(program, "apart", scenario.setup)
  const before = yield* look(looking)
  const points = yield* record(program, scenario.argv)
  const after = yield* look(looking)
  yield* takeSteps(program, "here", scenario.check)
  return { before, points, after }
})

const isBaseAgain = (state: State, base: State): Effect.Effect<void> => {
  const lines = differences(base, state, base)
  return lines.length === 0 ? Effect.void : Effect.die(new Error(`no way back to the base:\n${lines.join("\n")}`))
}

/** `once` without a second recording, which shows whether the points are the same twice. */
export const makeWorld = Effect.fnUntraced(function* (scenario: Scenario, bundle: Bundle, once: boolean) {
  // Two of these at once are two installs: a helper is looked for among all processes of the machine.
  const stateDir = `${directory}/state-${process.pid}`
  yield* Effect.acquireRelease(
    Effect.sync(() => mkdirSync(directory, { recursive: true })),
    () => Effect.sync(() => rmSync(directory, { recursive: true, force: true }))
  )
  const program = programOf(bundle, scenario, stateDir)
  const host = yield* PrivateHost.make()
  yield* decoys
  yield* takeSteps(program, "apart", scenario.prepare)
  if (scenario.answers !== undefined) yield* host.serve("/run/netns/guest1", { port: 80, page: "peer" })
  const looking: Looking = { stateDir, directories: scenario.directories ?? [], inside: scenario.inside ?? [] }
  const base = yield* look(looking)
  const records = recordsOf<Stage>(stateDir, directory)
  records.keep("base")
  const first = yield* rehearse(scenario, program, looking)
  yield* isBaseAgain(yield* look(looking), base)
  records.restore("base")
  const { points } = once ? first : yield* rehearse(scenario, program, looking)
  const url = scenario.answers
  const answers =
    url === undefined
      ? Effect.succeed(true)
      : Effect.match(host.http("lan", url), { onSuccess: ({ seen }) => seen?.page === "peer", onFailure: () => false })
  const unsteady = differing(first.points, points)
  return { scenario, program, looking, base, ...first, unsteady, records, answers } satisfies World
})
