import { Effect } from "effect"
import { Command } from "effect/cli"
import { network } from "../../cli/arguments.ts"
import { begin } from "../../cli/begin.ts"
import { readNetwork } from "../../cli/inputs.ts"
import { print } from "../../cli/print.ts"
import { networkDocument } from "../../views/networks.ts"
import { networkNotFound, networks } from "./networks.ts"

export const show = Command.make(
  "show",
  { network },
  Effect.fn("vmnet network show")(function* (input) {
    const { globals, format } = yield* begin({ prints: "anything" })
    const network = yield* readNetwork("network show", input.network)
    const found = (yield* networks(globals)).find((one) => one.network === network)
    if (found === undefined) return yield* networkNotFound(network)
    return yield* print(format, networkDocument(found))
  })
).pipe(
  Command.withDescription("Show a network and its VMs"),
  Command.withExamples([{ command: "vmnet network show web" }])
)
