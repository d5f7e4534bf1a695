import { Effect } from "effect"
import { Command } from "effect/cli"
import { begin } from "../../cli/begin.ts"
import { print } from "../../cli/print.ts"

export const show = Command.make(
  "show",
  {},
  Effect.fn("vmnet config show")(function* () {
    const { globals, format } = yield* begin({ prints: "anything" })
    const { shownConfig } = yield* Effect.promise(() => import("../../config/shownConfig.ts"))
    yield* print(format, yield* shownConfig(globals.config))
  })
).pipe(
  Command.withDescription("Show the configuration in force, with every default of its networks filled in"),
  Command.withExamples([{ command: "vmnet config show" }])
)
