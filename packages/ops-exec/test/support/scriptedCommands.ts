import { CommandError, type CommandResult, Commands, type CommandSpec } from "@vmnet/core"
import { Effect, Layer } from "effect"

export interface Scripted {
  readonly layer: Layer.Layer<Commands>
  /** Every command that was run, in order. */
  readonly ran: ReadonlyArray<CommandSpec>
}

type Answer = Partial<CommandResult> | CommandError

/** Programs that answer from a list, one answer per run; the last one goes on answering. */
export const scriptedCommands = (...answers: ReadonlyArray<Answer>): Scripted => {
  const ran: Array<CommandSpec> = []
  const run = (spec: CommandSpec) =>
    Effect.suspend(() => {
      ran.push(spec)
      const answer = answers[Math.min(ran.length, answers.length) - 1] ?? {}
      return answer instanceof CommandError
        ? Effect.fail(answer)
        : Effect.succeed({ exitCode: 0, stdout: "", stderr: "", ...answer })
    })
  return { layer: Layer.succeed(Commands, { run }), ran }
}

export const commandFailure = (reason: CommandError["reason"]): CommandError =>
  new CommandError({ program: "tool", args: ["-x"], reason, detail: "did not work" })
