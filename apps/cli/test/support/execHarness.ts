/** Runs a command as `vmnet exec` does, in a process of its own: `execHarness.ts JSON`, a command line of exec. */
import { Effect, Layer } from "effect"
import { type CommandLine, CommandRunner } from "#src/exec/CommandRunner"
import { watchSignals } from "#src/exec/processSignals"
import { runCommand } from "#src/exec/runCommand"

const signals = watchSignals()
const run = Effect.flatMap(CommandRunner, (runner) => runner.run(JSON.parse(process.argv[2] ?? "") as CommandLine))
const main = Effect.provide(run, Layer.provide(runCommand, signals.layer))

const keepAlive = setInterval(() => {}, 60_000)
const code = await Effect.runPromise(
  Effect.catch(main, (error) =>
    Effect.sync(() => {
      process.stderr.write(`${error._tag === "VmnetError" ? error.code : error._tag}: ${error.message}\n`)
      return error.exitCode
    })
  )
)
clearInterval(keepAlive)
process.exitCode = code
