import { defaultNetworksOf, type KnownNetworks, networksOf } from "@vmnet/core"
import { Effect } from "effect"
import { loadConfig } from "./configFile.ts"
import { networkDefaults } from "./networkDefaults.ts"

/** The networks of the configuration file and the backends' own, every default filled in. */
export const knownNetworks = Effect.fn("knownNetworks")(function* (flag: string | undefined) {
  const { config } = yield* loadConfig(flag)
  const defaults = yield* networkDefaults()
  return { config: networksOf(config, defaults), default: defaultNetworksOf(config, defaults) } satisfies KnownNetworks
})
