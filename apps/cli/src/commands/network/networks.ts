import { Effect } from "effect"
import type { Globals } from "../../cli/globals.ts"
import { withVmnet } from "../../cli/withVmnet.ts"

/** The networks in use and the configured ones. */
export const networks = Effect.fn("networks")(function* (globals: Globals) {
  const { configuredNetworks } = yield* Effect.promise(() => import("../../config/configuredNetworks.ts"))
  const configured = yield* configuredNetworks(globals.config)
  return yield* withVmnet(globals, (vmnet) => vmnet.networks(configured))
})
