import { Effect } from "effect"
import { Command } from "effect/cli"
import { network } from "../../cli/arguments.ts"
import { begin } from "../../cli/begin.ts"
import { readNetwork } from "../../cli/inputs.ts"
import { print } from "../../cli/print.ts"
import { withVmnet } from "../../cli/withVmnet.ts"
import { networkRemovedDocument } from "../../views/networks.ts"

export const rm = Command.make(
  "rm",
  { network },
  Effect.fn("vmnet network rm")(function* (input) {
    const { globals, format } = yield* begin({ prints: "anything" })
    const network = yield* readNetwork("network rm", input.network)
    const { outcome } = yield* withVmnet(globals, (vmnet) => vmnet.removeNetwork(network))
    yield* print(format, networkRemovedDocument(network, outcome))
  })
).pipe(
  Command.withDescription("Forget a network no VM uses, the devices its pool has ready and the addresses it remembers"),
  Command.withExamples([{ command: "vmnet network rm web" }])
)
