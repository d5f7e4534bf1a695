import { assert, it } from "@effect/vitest"
import { Cause, Effect, Exit, Fiber } from "effect"
import { makeCli } from "./support/cli.ts"

it.live("a signal during up interrupts the service's work and is not told as an error", () =>
  Effect.gen(function* () {
    const cli = makeCli({ hang: true, terminal: 80 })
    const fiber = yield* Effect.forkChild(cli("up", "vm1"))
    yield* Effect.sleep("200 millis")
    yield* Fiber.interrupt(fiber)
    const exit = yield* Fiber.await(fiber)
    assert.isTrue(Exit.isFailure(exit) && Cause.hasInterruptsOnly(exit.cause))
  })
)
