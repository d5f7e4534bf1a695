import { type Config, type RequestFlags, resolveRequest } from "@vmnet/core"
import { Effect } from "effect"
import { networkDefaults } from "./networkDefaults.ts"

/** What `up` asks for: the flags over the configuration over the defaults, complete and checked. */
export const requestOf = Effect.fn("requestOf")(function* (flags: RequestFlags, config: Config) {
  const { defaults, sections, resolvers, findProcess } = yield* networkDefaults
  return yield* Effect.fromResult(
    resolveRequest({ config, flags, defaults, sections, facts: { findProcess, resolvers } })
  )
})
