import { VmnetError } from "@vmnet/core"
import { Effect } from "effect"
import type { Globals } from "../../cli/globals.ts"
import { withVmnet } from "../../cli/withVmnet.ts"

/** The networks in use, the configured ones and the backends' own. */
export const networks = Effect.fn("networks")(function* (globals: Globals) {
  const { knownNetworks } = yield* Effect.promise(() => import("../../config/knownNetworks.ts"))
  const known = yield* knownNetworks(globals.config)
  return yield* withVmnet(globals, (vmnet) => vmnet.networks(known))
})

export const networkNotFound = (network: string): VmnetError =>
  new VmnetError({
    code: "NETWORK_NOT_FOUND",
    detail: `there is no network ${network}`,
    hint: "vmnet network ls lists them.",
    details: { network }
  })
