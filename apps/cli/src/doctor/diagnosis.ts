import { Effect, Layer } from "effect"
import { doctorOf, stateDirOf } from "vmnet/effect"
import type { Globals } from "../cli/globals.ts"
import { Invocation } from "../cli/Invocation.ts"
import { loadConfig } from "../config/configFile.ts"
import { onHost } from "../config/onHost.ts"
import { Engine } from "../Engine.ts"

/** On its own, so that only `doctor` loads it. Neither the configuration nor the ledger has to be in order. */
export const diagnosis = Effect.fn("diagnosis")(function* (globals: Globals) {
  const engine = yield* Engine
  const invocation = yield* Invocation
  const config = Effect.map(
    Effect.provideService(loadConfig(globals.config), Invocation, invocation),
    (loaded) => loaded.config
  )
  const { findings } = yield* onHost(
    Effect.provide(
      doctorOf({
        config,
        ops: globals.ops,
        stateDir: stateDirOf(globals.stateDir, invocation),
        vmnet: (stateDir) => Layer.unwrap(engine.vmnet({ stateDir, ops: globals.ops }))
      }),
      yield* engine.survey
    )
  )
  return findings
})
