import { Effect } from "effect"
import { cliHere } from "./cliHere.ts"
import { runKilled, runToEnd } from "./killed.ts"
import type { Kill } from "./Point.ts"
import type { Stage } from "./Scenario.ts"
import { differences, look, type State } from "./state.ts"
import { type StepFailed, takeSteps } from "./steps.ts"
import type { World } from "./World.ts"

/** What became of one kill. Without lines in `leaks`, `foreign` and `broken` all was well. */
export interface Outcome {
  readonly ended: "before" | "after" | "neither"
  /** Whether the process got to the point. */
  readonly reached: boolean
  readonly leaks: ReadonlyArray<string>
  readonly foreign: ReadonlyArray<string>
  /** What should have worked afterwards, and did not. */
  readonly broken: ReadonlyArray<string>
}

/** `stage` is where the world is now: the next kill begins there. */
export interface Killed {
  readonly outcome: Outcome
  readonly stage: Stage
}

/** Of so many kills one pays for what tells little more, in `number` counted from 0. */
const isSampled = (number: number, every: number): boolean => number % every === 0

const every = {
  /** A look at the host between the kill and the `gc`. */
  meanwhile: 4,
  /** `gc` as a process of its own; otherwise it is the same program in this one. */
  process: 5,
  /** The next life of the VM, although the host and the records are just as they were before the verb, or after it. */
  life: 6,
  /** Whether a live guest answers. */
  answer: 16
}

const settleMs = 2_000

/** The kernel takes some things away a moment after they are gone: a difference has to stay to be one. */
const settled = <A extends { readonly lines: ReadonlyArray<string> }>(judge: (state: State) => A) =>
  Effect.fnUntraced(function* ({ looking }: World) {
    const deadline = performance.now() + settleMs
    for (;;) {
      const verdict = judge(yield* look(looking))
      if (verdict.lines.length === 0 || performance.now() > deadline) return verdict
      yield* Effect.promise(() => new Promise((resume) => setTimeout(resume, 50)))
    }
  })

/** What differs from how the verb begins or, where that is what it is nearer to by the records, from how it ends. */
const afterGc = ({ after, base, before, scenario }: World) =>
  settled((state) => {
    const foreign = foreignIn(base, state, [before, after])
    const toAfter = differences(after, state, base)
    if (toAfter.length === 0) return { lines: toAfter, foreign, is: "after" as const }
    const toBefore = differences(before, state, base)
    if (toBefore.length === 0 && scenario.completes !== true) return { lines: toBefore, foreign, is: "before" as const }
    if (scenario.partial === true) {
      const steps = new Set(differences(before, after, base))
      return { lines: toBefore.filter((line) => !steps.has(line)), foreign, is: "neither" as const }
    }
    const isNearAfter = scenario.completes === true || state.records.join("\n") === after.records.join("\n")
    return { lines: isNearAfter ? toAfter : toBefore, foreign, is: "neither" as const }
  })

const isLeak = (line: string): boolean => line.startsWith("+")

/** What was there before anything else and is not any more, or is another: but for what the verb does to it. */
const foreignIn = (base: State, state: State, expected: ReadonlyArray<State>): ReadonlyArray<string> => {
  const usual = new Set(expected.flatMap((one) => differences(base, one, base)))
  return differences(base, state, base).filter((line) => !isLeak(line) && !usual.has(line))
}

/** In the middle of it too; what a sysctl was is on record, and `gc` puts it back. */
const touchedMeanwhile = Effect.fnUntraced(function* ({ after, base, before, looking }: World) {
  const lines = foreignIn(base, yield* look(looking), [before, after])
  return lines.filter((line) => !/^. (?:sysctl|record) /.test(line))
})

const collect = Effect.fnUntraced(function* ({ program }: World, number: number) {
  if (isSampled(number, every.process)) {
    const { signal, status, stderr } = yield* runToEnd(program, ["gc"])
    return status === 0 ? [] : [`vmnet gc ended with ${signal ?? status}: ${stderr}`]
  }
  const { code, stderr } = yield* cliHere(["gc", ...program.globals])
  return code === 0 ? [] : [`vmnet gc ended with ${code}: ${stderr}`]
})

interface Afterwards {
  readonly broken: ReadonlyArray<string>
  readonly lines: ReadonlyArray<string>
  readonly stage: Stage
}

const told = (steps: Effect.Effect<void, StepFailed>): Effect.Effect<ReadonlyArray<string>> =>
  Effect.match(steps, { onSuccess: () => [], onFailure: (error) => [error.message] })

/** The next life of the VM, and whether the base is left by it as it was. */
const nextLife = Effect.fnUntraced(function* (world: World) {
  const { base, program, scenario } = world
  const broken = yield* told(takeSteps(program, "here", scenario.check))
  const { lines } = yield* settled((state) => ({ lines: differences(base, state, base) }))(world)
  return { broken, lines, stage: "base" } satisfies Afterwards
})

/** From how the verb began the next kill can go on as it is; from how it ended, where it is not far to either. */
const shortWay = Effect.fnUntraced(function* (world: World, is: "before" | "after") {
  const { after, base, program, scenario } = world
  if (is === "before") return { broken: [], lines: [], stage: "before" } satisfies Afterwards
  if (differences(base, after, base).length === 0) return { broken: [], lines: [], stage: "base" } satisfies Afterwards
  if (scenario.back === undefined) return yield* nextLife(world)
  const { steps, to } = scenario.back
  return { broken: yield* told(takeSteps(program, "here", steps)), lines: [], stage: to } satisfies Afterwards
})

const begin = Effect.fnUntraced(function* ({ program, records, scenario }: World, stage: Stage) {
  records.restore(scenario.setup === undefined ? "base" : stage)
  if (stage === "before") return
  yield* takeSteps(program, "apart", scenario.setup)
  records.keep("before")
})

/**
 * The verb, killed; one `gc`; the whole host compared; then, of a sample and wherever the way back is no shorter, the next
 * `up` of that name, and back to the base. `number` from 0, `stage` as the kill before has left the world.
 */
export const killOnce = Effect.fnUntraced(function* (world: World, kill: Kill, number: number, stage: Stage) {
  yield* begin(world, stage)
  const { signal } = yield* runKilled(world.program, world.scenario.argv, kill)
  const meanwhile = isSampled(number, every.meanwhile) ? yield* touchedMeanwhile(world) : []
  const collected = yield* collect(world, number)
  const found = yield* afterGc(world)(world)
  const next =
    found.is === "neither" || isSampled(number, every.life) ? yield* nextLife(world) : yield* shortWay(world, found.is)
  const differing = [...found.lines, ...next.lines]
  const foreign = [...meanwhile, ...found.foreign, ...next.lines.filter((line) => !isLeak(line))]
  const answers = !isSampled(number, every.answer) || (yield* world.answers)
  const outcome: Outcome = {
    ended: found.is,
    reached: signal === "SIGKILL",
    leaks: differing.filter(isLeak),
    foreign,
    broken: [
      ...collected,
      ...differing.filter((line) => !isLeak(line) && !foreign.includes(line)),
      ...next.broken,
      ...(answers ? [] : ["the live guest does not answer"])
    ]
  }
  return { outcome, stage: next.stage } satisfies Killed
})
