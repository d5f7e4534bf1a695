import { assert, it } from "@effect/vitest"
import { Cause, Effect, Layer } from "effect"
import { TestConsole } from "effect/testing"
import { logging } from "#src/terminal/logging"

const warn = Effect.logWarning("undoing vm1", "tap\u001b stays", Cause.fail(new Error("busy")))

const said = (tone: { readonly json: boolean; readonly verbose: boolean }) =>
  Effect.gen(function* () {
    yield* warn
    yield* Effect.logDebug("detail")
    return [yield* TestConsole.logLines, yield* TestConsole.errorLines]
  }).pipe(Effect.provide(Layer.fresh(Layer.merge(logging(tone), TestConsole.layer))))

it.effect("warnings are one line on stderr, with their cause, and safe to show", () =>
  Effect.gen(function* () {
    const line = "vmnet: warning: undoing vm1: tap\\u001b stays: busy"
    assert.deepStrictEqual(yield* said({ json: false, verbose: false }), [[], [line]])
    assert.deepStrictEqual(yield* said({ json: false, verbose: true }), [[], [line, "vmnet: debug: detail"]])
  })
)

it.effect("with --json they are no second thing on stderr", () =>
  Effect.gen(function* () {
    assert.deepStrictEqual(yield* said({ json: true, verbose: false }), [[], []])
  })
)
