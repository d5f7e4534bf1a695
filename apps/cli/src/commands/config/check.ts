import { Effect } from "effect"
import { Command } from "effect/cli"
import { begin } from "../../cli/begin.ts"
import { print } from "../../cli/print.ts"
import { configCheckDocument } from "../../views/configCheck.ts"

export const check = Command.make(
  "check",
  {},
  Effect.fn("vmnet config check")(function* () {
    const { globals, format } = yield* begin({ prints: "anything" })
    const { checkedConfig } = yield* Effect.promise(() => import("../../config/configFile.ts"))
    const { file, config } = yield* checkedConfig(globals.config)
    yield* print(format, configCheckDocument(file, config))
  })
).pipe(
  Command.withDescription(
    "Check the configuration file and tell everything that is wrong with it, with line and column"
  ),
  Command.withExamples([{ command: "vmnet config check --config ./vmnet.yaml" }])
)
