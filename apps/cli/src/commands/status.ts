import { Effect } from "effect"
import { Command } from "effect/cli"
import { begin } from "../cli/begin.ts"
import { print } from "../cli/print.ts"
import { withVmnet } from "../cli/withVmnet.ts"
import { statusDocument } from "../views/status.ts"

export const status = Command.make(
  "status",
  {},
  Effect.fn("vmnet status")(function* () {
    const { globals, format } = yield* begin({ prints: "anything" })
    yield* print(format, statusDocument(yield* withVmnet(globals, (vmnet) => vmnet.status)))
  })
).pipe(
  Command.withDescription("Show what vmnet holds on this host: VMs, networks, ports, changed sysctls"),
  Command.withExamples([{ command: "vmnet status" }])
)
