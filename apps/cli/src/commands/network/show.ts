import { VmnetError } from "@vmnet/core"
import { Effect } from "effect"
import { Command } from "effect/cli"
import { network } from "../../cli/arguments.ts"
import { begin } from "../../cli/begin.ts"
import { readNetwork } from "../../cli/inputs.ts"
import { print } from "../../cli/print.ts"
import { networkDocument } from "../../views/networks.ts"
import { networks } from "./networks.ts"

const notFound = (name: string): VmnetError =>
  new VmnetError({
    code: "NETWORK_NOT_FOUND",
    detail: `there is no network ${name}`,
    hint: "vmnet network ls lists them.",
    details: { network: name }
  })

export const show = Command.make(
  "show",
  { network },
  Effect.fn("vmnet network show")(function* (input) {
    const { globals, format } = yield* begin({ prints: "anything" })
    const network = yield* readNetwork("network show", input.network)
    const found = (yield* networks(globals)).find((one) => one.network === network)
    if (found === undefined) return yield* notFound(network)
    return yield* print(format, networkDocument(found))
  })
).pipe(
  Command.withDescription("Show a network and its VMs"),
  Command.withExamples([{ command: "vmnet network show web" }])
)
