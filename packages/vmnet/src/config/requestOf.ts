import { type Config, type RequestFlags, resolveRequest } from "@vmnet/core"
import { Effect } from "effect"
import { networkDefaults } from "./networkDefaults.ts"

/** What `up` asks for: the flags over the configuration over the defaults, complete and checked. */
export const requestOf = Effect.fn("requestOf")(function* (flags: RequestFlags, config: Config) {
  const [request] = yield* requestsOf([flags], config)
  return request!
})

/** The same for several VMs; the first that something is wrong with says what. */
export const requestsOf = Effect.fn("requestsOf")(function* (all: ReadonlyArray<RequestFlags>, config: Config) {
  const { defaults, sections, resolvers, findProcess } = yield* networkDefaults
  const facts = { findProcess, resolvers }
  return yield* Effect.forEach(all, (flags) =>
    Effect.fromResult(resolveRequest({ config, flags, defaults, sections, facts }))
  )
})
