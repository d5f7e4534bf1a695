import { Progress, Vmnet } from "@vmnet/core"
import { Effect, Exit } from "effect"
import { Engine } from "../Engine.ts"
import { makeProgress } from "../terminal/progress.ts"
import type { Globals } from "./globals.ts"
import { stateDirOf } from "./stateDir.ts"

/** One use of the service, its steps shown as they begin, and `summary`, if it says anything, in their place when it succeeds. */
export const withVmnet = <A, E, R>(
  globals: Globals,
  use: (vmnet: Vmnet["Service"]) => Effect.Effect<A, E, R>,
  summary?: (answer: A) => string | undefined
) =>
  Effect.gen(function* () {
    const engine = yield* Engine
    const layer = yield* engine.vmnet({ stateDir: yield* stateDirOf(globals.stateDir), ops: globals.ops })
    const progress = yield* makeProgress(globals.verbose)
    return yield* Effect.interruptible(Effect.flatMap(Vmnet, use)).pipe(
      Effect.provide(layer),
      Effect.provideService(Progress, progress.step),
      Effect.onExit((exit) => progress.done(Exit.isSuccess(exit) ? summary?.(exit.value) : undefined))
    )
  })
