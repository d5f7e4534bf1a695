import type { Backends, HostProbe } from "@vmnet/core"
import { Effect } from "effect"
import { Engine } from "../Engine.ts"

/** With the host and the backends of the engine: what requests and defaults are made from. */
export const onHost = Effect.fn("onHost")(function* <A, E>(ask: Effect.Effect<A, E, Backends | HostProbe>) {
  return yield* Effect.provide(ask, yield* (yield* Engine).host)
})
