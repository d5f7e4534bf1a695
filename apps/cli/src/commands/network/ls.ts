import { Effect } from "effect"
import { Command } from "effect/cli"
import { begin } from "../../cli/begin.ts"
import { print } from "../../cli/print.ts"
import { networkListDocument } from "../../views/networks.ts"
import { networks } from "./networks.ts"

export const ls = Command.make(
  "ls",
  {},
  Effect.fn("vmnet network ls")(function* () {
    const { globals, format } = yield* begin({ prints: "anything" })
    yield* print(format, networkListDocument(yield* networks(globals)))
  })
).pipe(
  Command.withDescription("List the networks: configured ones and those in use"),
  Command.withExamples([{ command: "vmnet network ls" }])
)
