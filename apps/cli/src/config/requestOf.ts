import { type RequestFlags, resolveRequest } from "@vmnet/core"
import { Effect } from "effect"
import { loadConfig } from "./configFile.ts"
import { networkDefaults } from "./networkDefaults.ts"

export { requestNotices } from "@vmnet/core"

/** What `up` asks for: the flags over the configuration over the defaults, complete and checked. */
export const requestOf = Effect.fn("requestOf")(function* (flags: RequestFlags, configFlag: string | undefined) {
  const { config } = yield* loadConfig(configFlag)
  const { defaults, resolvers, findProcess } = yield* networkDefaults()
  return yield* Effect.fromResult(resolveRequest({ config, flags, defaults, facts: { findProcess, resolvers } }))
})
