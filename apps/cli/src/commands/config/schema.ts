import { Effect } from "effect"
import { Command } from "effect/cli"
import { begin } from "../../cli/begin.ts"
import { print } from "../../cli/print.ts"
import { printableJson } from "../../terminal/printable.ts"

export const schema = Command.make(
  "schema",
  {},
  Effect.fn("vmnet config schema")(function* () {
    const { format } = yield* begin({ prints: "anything" })
    const { configJsonSchema } = yield* Effect.promise(() => import("../../config/jsonSchema.ts"))
    const schema = configJsonSchema()
    yield* print(format, { json: schema, table: () => printableJson(schema, true) })
  })
).pipe(
  Command.withDescription("Print the JSON Schema of the configuration file, for editors and validators"),
  Command.withExamples([{ command: "vmnet config schema > vmnet.schema.json" }])
)
