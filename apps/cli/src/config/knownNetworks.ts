import { Effect } from "effect"
import { knownNetworks as known } from "vmnet/effect"
import { loadConfig } from "./configFile.ts"
import { onHost } from "./onHost.ts"

/** The networks of the configuration file and the backends' own, every default filled in. */
export const knownNetworks = Effect.fn("knownNetworks")(function* (flag: string | undefined) {
  const { config } = yield* loadConfig(flag)
  return yield* onHost(known(config))
})
