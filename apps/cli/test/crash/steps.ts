import { Data, Effect } from "effect"
import { spawn } from "node:child_process"
import { once } from "node:events"
import { cliHere } from "./cliHere.ts"
import { hostProgram } from "./hostProgram.ts"
import { type Program, runKilled, runToEnd } from "./killed.ts"
import type { Step } from "./Scenario.ts"

/** A step of the world's own did not work: after a kill this is what the suite looks for. */
export class StepFailed extends Data.TaggedError("StepFailed")<{ readonly detail: string }> {
  override get message(): string {
    return this.detail
  }
}

const failed = (argv: ReadonlyArray<string>, detail: string) =>
  Effect.fail(new StepFailed({ detail: `vmnet ${argv.join(" ")} ${detail}` }))

/** Where a command's process is: what a VM's creator is matters to `gc`, and costs a start. */
export type Where = "here" | "apart"

const runStep = (program: Program, where: Where, argv: ReadonlyArray<string>, codes: ReadonlyArray<number> = [0]) =>
  Effect.gen(function* () {
    if (where === "here") {
      const { code, stderr, stdout } = yield* cliHere([...argv, ...program.globals])
      return codes.includes(code) ? undefined : yield* failed(argv, `ended with ${code}: ${stderr} ${stdout}`)
    }
    const { signal, status, stderr } = yield* runToEnd(program, argv)
    return codes.includes(status ?? -1) ? undefined : yield* failed(argv, `ended with ${signal ?? status}: ${stderr}`)
  })

const runOrphan = (program: Program, argv: ReadonlyArray<string>) =>
  Effect.acquireUseRelease(
    Effect.sync(() => spawn("/usr/bin/sleep", ["600"], { stdio: "ignore" })),
    (owner) => runStep(program, "apart", [...argv, "--owner-pid", String(owner.pid)]),
    (owner) =>
      Effect.promise(async () => {
        const ended = once(owner, "exit")
        owner.kill("SIGKILL")
        await ended
      })
  )

const takeStep = (program: Program, where: Where, step: Step): Effect.Effect<unknown, StepFailed> => {
  if ("host" in step) return hostProgram(step.host)
  if ("orphan" in step) return runOrphan(program, step.orphan)
  if ("run" in step) return runStep(program, where, step.run, step.codes)
  const point = { index: 0, words: step.at, occurrence: 1 }
  return Effect.flatMap(runKilled(program, step.killed, { point, mode: "before", delay: 0 }), ({ signal }) =>
    signal === "SIGKILL" ? Effect.void : failed(step.killed, `came to its end without ${step.at}`)
  )
}

export const takeSteps = (
  program: Program,
  where: Where,
  steps: ReadonlyArray<Step> = []
): Effect.Effect<void, StepFailed> => Effect.forEach(steps, (step) => takeStep(program, where, step), { discard: true })
