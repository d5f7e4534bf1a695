import { VmnetError } from "@vmnet/core"
import { Effect, Layer } from "effect"
import { type ChildProcess, spawn } from "node:child_process"
import { constants } from "node:os"
import { CommandNotRun } from "../cli/CommandNotRun.ts"
import { type CommandLine, CommandRunner } from "./CommandRunner.ts"
import { netnsDoor } from "./netnsDoor.ts"
import { inForeground } from "./procStat.ts"
import { Signals } from "./Signals.ts"

const notRun = (program: string, cause: NodeJS.ErrnoException): CommandNotRun | VmnetError => {
  if (cause.code === "ENOENT") return new CommandNotRun({ command: program, reason: "not found", cause })
  if (cause.code === "EACCES") return new CommandNotRun({ command: program, reason: "not executable", cause })
  return new VmnetError({ code: "STEP_FAILED", detail: `${program} could not be started: ${cause.message}`, cause })
}

/**
 * Passes a signal on, except those the terminal itself sends to everything in its foreground: the child got them
 * already, and many programs take a second ^C for "at once".
 */
const passOn =
  (child: ChildProcess) =>
  (signal: NodeJS.Signals): void => {
    if ((signal === "SIGINT" || signal === "SIGQUIT") && inForeground()) return
    child.kill(signal)
  }

const start = (program: string, args: ReadonlyArray<string>, env: CommandLine["env"]) =>
  Effect.callback<ChildProcess, CommandNotRun | VmnetError>((resume) => {
    const child = spawn(program, args, { stdio: "inherit", env })
    child.once("error", (cause) => resume(Effect.fail(notRun(program, cause))))
    child.once("spawn", () => resume(Effect.succeed(child)))
  })

const ended = (child: ChildProcess): Effect.Effect<number> =>
  Effect.callback<number>((resume) => {
    const done = (): void => {
      const code = child.exitCode ?? 128 + constants.signals[child.signalCode ?? "SIGKILL"]
      resume(Effect.succeed(code))
    }
    if (child.exitCode !== null || child.signalCode !== null) done()
    else child.once("exit", done)
  })

const run = Effect.fn("CommandRunner.run")(
  function* (signals: Signals["Service"], command: CommandLine) {
    const door = command.netns === null ? [] : yield* netnsDoor(command.netns)
    const [program, ...args] = [...door, ...command.argv] as [string, ...Array<string>]
    // A signal that comes while the child starts waits for it.
    const early: Array<NodeJS.Signals> = []
    let receive = (signal: NodeJS.Signals): void => void early.push(signal)
    yield* signals.handOver((signal) => receive(signal))
    const child = yield* start(program, args, command.env)
    receive = passOn(child)
    early.forEach((signal) => child.kill(signal))
    return yield* ended(child)
  },
  // The child decides when it ends; whoever asked waits for it.
  Effect.uninterruptible,
  Effect.scoped
)

export const runCommand: Layer.Layer<CommandRunner, never, Signals> = Layer.effect(
  CommandRunner,
  Effect.map(Signals, (signals) => CommandRunner.of({ run: (command) => run(signals, command) }))
)
