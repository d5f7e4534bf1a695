import { Effect } from "effect"
import { runKilled, runToEnd } from "./killed.ts"
import type { Kill } from "./Point.ts"
import { differences, look, type State } from "./state.ts"
import { takeSteps } from "./steps.ts"
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
      return { lines: toBefore.filter((line) => !steps.has(line)), foreign, is: "before" as const }
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

const isSampled = (index: number, every: number): boolean => index % every === 0

/** The next life of the VM, and whether the base is left by it as it was. */
const afterwards = Effect.fnUntraced(function* (world: World) {
  const { base, program, scenario } = world
  const broken = yield* Effect.match(takeSteps(program, "here", scenario.check), {
    onSuccess: (): ReadonlyArray<string> => [],
    onFailure: (error) => [error.message]
  })
  const { lines } = yield* settled((state) => ({ lines: differences(base, state, base) }))(world)
  return { broken, lines }
})

/** The verb, killed; one `gc`; the whole host compared; then the next `up` of that name, and back to the base. */
export const killOnce = Effect.fnUntraced(function* (world: World, kill: Kill, number: number) {
  const { program, scenario } = world
  world.restoreRecords()
  yield* takeSteps(program, "apart", scenario.setup)
  const { signal } = yield* runKilled(program, scenario.argv, kill)
  const meanwhile = isSampled(number, 4) ? yield* touchedMeanwhile(world) : []
  const gc = yield* runToEnd(program, ["gc"])
  const found = yield* afterGc(world)(world)
  const next = yield* afterwards(world)
  const differing = [...found.lines, ...next.lines]
  const foreign = [...meanwhile, ...found.foreign, ...next.lines.filter((line) => !isLeak(line))]
  const answers = !isSampled(number, 16) || (yield* world.answers)
  return {
    ended: found.is,
    reached: signal === "SIGKILL",
    leaks: differing.filter(isLeak),
    foreign,
    broken: [
      ...(gc.status === 0 ? [] : [`vmnet gc ended with ${gc.signal ?? gc.status}: ${gc.stderr}`]),
      ...differing.filter((line) => !isLeak(line) && !foreign.includes(line)),
      ...next.broken,
      ...(answers ? [] : ["the live guest does not answer"])
    ]
  } satisfies Outcome
})
