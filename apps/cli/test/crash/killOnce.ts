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
const settled = <A>(differing: (state: State) => { readonly lines: ReadonlyArray<string>; readonly is: A }) =>
  Effect.fnUntraced(function* ({ looking }: World) {
    const deadline = performance.now() + settleMs
    for (;;) {
      const found = differing(yield* look(looking))
      if (found.lines.length === 0 || performance.now() > deadline) return found
      yield* Effect.promise(() => new Promise((resume) => setTimeout(resume, 50)))
    }
  })

const afterGc = ({ after, base, before, scenario }: World) =>
  settled((state) => {
    const toAfter = differences(after, state, base)
    const toBefore = differences(before, state, base)
    if (toAfter.length === 0) return { lines: toAfter, is: "after" as const }
    if (scenario.completes === true) return { lines: toAfter, is: "neither" as const }
    if (toBefore.length === 0) return { lines: toBefore, is: "before" as const }
    return { lines: toBefore.length <= toAfter.length ? toBefore : toAfter, is: "neither" as const }
  })

const isLeak = (line: string): boolean => line.startsWith("+")

/** Nothing of the base may differ in the middle of it but what the verb itself changes; sysctls are put back by `gc`. */
const touchedMeanwhile = Effect.fnUntraced(function* ({ after, base, before, looking }: World) {
  const expected = new Set(differences(before, after, base))
  const owned = differences(base, before, base)
    .filter(isLeak)
    .map((line) => line.slice(2))
  return differences(before, yield* look(looking), base).filter(
    (line) =>
      !isLeak(line) &&
      !/^. (?:sysctl|record) /.test(line) &&
      !expected.has(line) &&
      !owned.some((key) => line.slice(2).startsWith(key))
  )
})

const isSampled = (index: number, every: number): boolean => index % every === 0

/** The next life of the VM, and whether the base is left by it as it was. */
const afterwards = Effect.fnUntraced(function* (world: World) {
  const { base, program, scenario } = world
  const broken = yield* Effect.match(takeSteps(program, "here", scenario.check), {
    onSuccess: (): ReadonlyArray<string> => [],
    onFailure: (error) => [error.message]
  })
  const { lines } = yield* settled((state) => ({ lines: differences(base, state, base), is: undefined }))(world)
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
  const { lines, is } = yield* afterGc(world)(world)
  const next = yield* afterwards(world)
  const differing = [...lines, ...next.lines]
  const answers = !isSampled(number, 16) || (yield* world.answers)
  return {
    ended: is,
    reached: signal === "SIGKILL",
    leaks: differing.filter(isLeak),
    foreign: [...meanwhile, ...differing.filter((line) => !isLeak(line))],
    broken: [
      ...(gc.status === 0 ? [] : [`vmnet gc ended with ${gc.signal ?? gc.status}: ${gc.stderr}`]),
      ...next.broken,
      ...(answers ? [] : ["the live guest does not answer"])
    ]
  } satisfies Outcome
})
