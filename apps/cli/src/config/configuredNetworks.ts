import { networksOf } from "@vmnet/core"
import { Effect } from "effect"
import { loadConfig } from "./configFile.ts"
import { networkDefaults } from "./networkDefaults.ts"

/** The networks of the configuration file, every default filled in. */
export const configuredNetworks = Effect.fn("configuredNetworks")(function* (flag: string | undefined) {
  const { config } = yield* loadConfig(flag)
  return networksOf(config, yield* networkDefaults())
})
