import { Command } from "effect/cli"
import { ls } from "./network/ls.ts"
import { rm } from "./network/rm.ts"
import { show } from "./network/show.ts"

export const network = Command.make("network").pipe(
  Command.withDescription("List, show and forget networks"),
  Command.withSubcommands([ls, show, rm])
)
