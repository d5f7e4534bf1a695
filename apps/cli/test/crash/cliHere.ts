import { NodeServices } from "@effect/platform-node"
import { Console, Effect, Layer } from "effect"
import { runCli } from "#src/cli/program"
import { Invocation } from "#src/cli/Invocation"
import { liveEngine } from "#src/Engine"
import { CommandRunner } from "#src/exec/CommandRunner"
import { Streams } from "#src/terminal/Streams"

export interface CliResult {
  readonly code: number
  readonly stdout: string
  readonly stderr: string
}

const look = { terminal: false, color: false }

const layers = Layer.mergeAll(
  NodeServices.layer,
  liveEngine,
  Layer.succeed(Streams, { stdout: look, stderr: look, columns: () => 80, drawStderr: () => Effect.void }),
  Layer.succeed(CommandRunner, { run: () => Effect.die("no command is run here") }),
  Layer.succeed(Invocation, { uid: 0, env: {}, configFile: "/nonexistent/config.yaml" })
)

/** The whole program in this process: what is not to be killed need not pay for a process. */
export const cliHere = (argv: ReadonlyArray<string>): Effect.Effect<CliResult> =>
  Effect.gen(function* () {
    const stdout: Array<string> = []
    const stderr: Array<string> = []
    const here = { ...globalThis.console, log: (...words: Array<unknown>) => void stdout.push(words.join(" ")) }
    const console = { ...here, error: (...words: Array<unknown>) => void stderr.push(words.join(" ")) }
    const work = Effect.provideService(runCli(argv), Console.Console, console)
    const code = yield* Effect.provide(work, layers)
    return { code, stdout: stdout.join("\n"), stderr: stderr.join("\n") }
  }).pipe(Effect.orDie)
