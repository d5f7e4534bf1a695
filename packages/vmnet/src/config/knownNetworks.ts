import { type Config, defaultNetworksOf, type KnownNetworks, networksOf } from "@vmnet/core"
import { Effect } from "effect"
import { networkDefaults } from "./networkDefaults.ts"

/** The networks of a configuration and the backends' own, every default filled in. */
export const knownNetworks = Effect.fn("knownNetworks")(function* (config: Config) {
  const defaults = yield* networkDefaults
  return { config: networksOf(config, defaults), default: defaultNetworksOf(config, defaults) } satisfies KnownNetworks
})
