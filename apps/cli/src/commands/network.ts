import { Command } from "effect/cli"
import { ls } from "./network/ls.ts"
import { rm } from "./network/rm.ts"
import { warm } from "./network/warm.ts"
import { show } from "./network/show.ts"

export const network = Command.make("network").pipe(
  Command.withDescription("List, show, warm and forget networks"),
  Command.withSubcommands([ls, show, warm, rm])
)
