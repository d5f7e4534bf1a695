import { Effect } from "effect"
import { Command } from "effect/cli"
import { network } from "../../cli/arguments.ts"
import { begin } from "../../cli/begin.ts"
import { readNetwork } from "../../cli/inputs.ts"
import { print } from "../../cli/print.ts"
import { withVmnet } from "../../cli/withVmnet.ts"
import { networkWarmDocument } from "../../views/networks.ts"
import { networkNotFound } from "./networks.ts"

export const warm = Command.make(
  "warm",
  { network },
  Effect.fn("vmnet network warm")(function* (input) {
    const { globals, format } = yield* begin({ prints: "anything" })
    const network = yield* readNetwork("network warm", input.network)
    const { knownNetworks } = yield* Effect.promise(() => import("../../config/knownNetworks.ts"))
    const known = yield* knownNetworks(globals.config)
    const spec = [...known.config, ...known.default].find((one) => one.network === network)
    if (spec === undefined) return yield* networkNotFound(network)
    const result = yield* withVmnet(
      globals,
      (vmnet) => vmnet.warm(spec),
      ({ made, ready }) => `${network}: ${made} made, ${ready} ready`
    )
    return yield* print(format, networkWarmDocument(result))
  })
).pipe(
  Command.withDescription("Make the devices that a network's pool is to have ready"),
  Command.withExamples([{ command: "vmnet network warm fleet" }])
)
