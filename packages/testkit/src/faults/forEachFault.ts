import { Cause, Effect, Exit, Schema } from "effect"
import type { Call } from "./Call.ts"
import { type Injection, everyFault } from "./Fault.ts"
import { runScenario } from "./runScenario.ts"
import { type FaultRun, type Scenario, describeRun } from "./Scenario.ts"

/** What was run: the calls of the run in which everything went well, and the faults that were tried on them. */
export interface FaultReport {
  readonly calls: ReadonlyArray<Call>
  /** One line for every run, in order. */
  readonly runs: ReadonlyArray<string>
}

/** Some runs did not leave the world as it must be. The first one's failure is the cause. */
export class FaultCheckFailed extends Schema.TaggedError<FaultCheckFailed>()("FaultCheckFailed", {
  failures: Schema.Array(Schema.String),
  runs: Schema.Finite,
  cause: Schema.Defect()
}) {
  override get message(): string {
    return `${this.failures.length} of ${this.runs} runs failed:\n${this.failures.map((line) => `- ${line}`).join("\n")}`
  }
}

/** Enough to see a pattern; the rest of a broken scenario need not be run. */
const enough = 5

const firstLine = (cause: Cause.Cause<unknown>): string => {
  const error = Cause.squash(cause)
  return (error instanceof Error ? error.message : `${error}`).split("\n")[0]!
}

/** A replay must be the run that was recorded, or the fault struck something else. */
const assertReplayed = (
  { calls, injections }: FaultRun<unknown, unknown, unknown>,
  recorded: ReadonlyArray<Call>
): void => {
  for (const { at } of injections) {
    const [was, is] = [recorded[at - 1]?.method, calls[at - 1]?.method]
    if (was !== is) throw new Error(`call ${at} was ${was} when it was recorded, and ${is ?? "not made"} now`)
  }
}

/**
 * Runs a scenario once to record its calls, then once for each way each of them can go wrong, every time in a fresh
 * world, and checks every run. A step that is added to the scenario is covered without a change of the test.
 *
 * Fails with all that was found, after five failing runs at the latest. Scenarios must make the same calls in the same
 * order when nothing goes wrong.
 */
export const forEachFault = Effect.fn("forEachFault")(function* <World, A, E, R, RIn = never>(
  scenario: Scenario<World, A, E, R, RIn>
): Effect.fn.Return<FaultReport, FaultCheckFailed, RIn> {
  const runs: Array<string> = []
  const failures: Array<{ readonly words: string; readonly cause: Cause.Cause<unknown> }> = []

  /** The calls of the run, none when it failed its check. */
  const attempt = Effect.fnUntraced(function* (
    injections: ReadonlyArray<Injection>,
    recorded: ReadonlyArray<Call>
  ): Effect.fn.Return<ReadonlyArray<Call>, never, RIn> {
    if (failures.length >= enough) return []
    const words = describeRun(injections, recorded)
    runs.push(words)
    const exit = yield* runScenario(scenario, injections).pipe(
      Effect.tap((run) => Effect.sync(() => assertReplayed(run, recorded))),
      Effect.exit
    )
    if (Exit.isSuccess(exit)) return exit.value.calls
    failures.push({ words, cause: exit.cause })
    return []
  })

  const calls = yield* attempt([], [])
  for (const call of calls) {
    for (const fault of (scenario.faults ?? everyFault)(call)) {
      const injection = { at: call.number, fault }
      const after = (yield* attempt([injection], calls)).slice(call.number)
      for (const later of scenario.again === undefined ? [] : after) {
        for (const second of scenario.again?.(later) ?? []) {
          const replayed = [...calls.slice(0, call.number), ...after]
          yield* attempt([injection, { at: later.number, fault: second }], replayed)
        }
      }
    }
  }
  if (failures.length === 0) return { calls, runs }
  const lines = failures.map(({ words, cause }) => `${words}: ${firstLine(cause)}`)
  return yield* new FaultCheckFailed({ failures: lines, runs: runs.length, cause: Cause.squash(failures[0]!.cause) })
})
