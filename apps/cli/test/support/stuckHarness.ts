/** A program whose work cannot be interrupted, under the signal handling of vmnet. */
import { Effect, Runtime } from "effect"
import { watchSignals } from "#src/exec/processSignals"

const signals = watchSignals()
const runMain = Runtime.makeRunMain(({ fiber }) => signals.onStop(() => fiber.interruptUnsafe(fiber.id)))
process.on("SIGINT", () => process.stdout.write("int\n"))
runMain(Effect.uninterruptible(Effect.sleep("60 seconds")))
process.stdout.write("ready\n")
