import { Command } from "effect/cli"
import { check } from "./config/check.ts"
import { schema } from "./config/schema.ts"
import { show } from "./config/show.ts"

export const config = Command.make("config").pipe(
  Command.withDescription("Check and show the configuration"),
  Command.withSubcommands([check, show, schema])
)
