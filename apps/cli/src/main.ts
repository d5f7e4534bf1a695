import { NodeServices } from "@effect/platform-node"
import { Effect, Exit, Layer, Runtime } from "effect"
import { separateShortValues, toneOf } from "./cli/argv.ts"
import { runCli } from "./cli/program.ts"
import { liveEngine } from "./Engine.ts"
import { watchSignals } from "./exec/processSignals.ts"
import { runCommand } from "./exec/runCommand.ts"
import { logging } from "./terminal/logging.ts"
import { streamsOfProcess, watchStreamErrors } from "./terminal/streamsOfProcess.ts"

const argv = process.argv.slice(2)
const signals = watchSignals()
watchStreamErrors()

const services = Layer.mergeAll(
  liveEngine,
  streamsOfProcess,
  logging(toneOf(separateShortValues(argv))),
  NodeServices.layer,
  Layer.provide(runCommand, signals.layer)
)

const runMain = Runtime.makeRunMain(({ fiber, teardown }) => {
  signals.onStop(() => fiber.interruptUnsafe(fiber.id))
  fiber.addObserver((exit) => teardown(exit, (code) => (process.exitCode ??= code)))
})

// Only waiting and the service's work are interruptible: what has been answered is told, and is the exit code.
runMain(Effect.uninterruptible(Effect.provide(runCli(argv), services)), {
  disableErrorReporting: true,
  teardown: (exit, done) => done(Exit.isSuccess(exit) ? Number(exit.value) : (signals.exitCode() ?? 1))
})
