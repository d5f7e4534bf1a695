import { VmnetError } from "@vmnet/core"
import { Effect } from "effect"
import type { Format } from "../output/Format.ts"
import { formats } from "../output/formats.ts"
import { table } from "../output/table.ts"
import { Streams } from "../terminal/Streams.ts"
import { type Globals, root } from "./globals.ts"

/** What a command answers with, and which of the global flags mean something to it. */
export interface Verb {
  /** One VM's attachment, anything else, or nothing: the result is not vmnet's own. */
  readonly prints: "attachment" | "anything" | "nothing"
  /** Whether `--backend` applies. It is refused elsewhere: `down --all --backend slirp` must not take down all. */
  readonly backend?: true
}

const unsupported = (detail: string, hint: string): VmnetError =>
  new VmnetError({ code: "OPTION_UNSUPPORTED", detail, hint })

/** `-o`, else JSON where `--json` or a pipe asks for it, else a table. */
const formatFor = Effect.fn("formatFor")(function* (globals: Globals, prints: Verb["prints"]) {
  const { stdout } = yield* Streams
  if (prints === "nothing") {
    if (globals.output === undefined) return table
    return yield* unsupported("-o does not apply: the output is the command's own", "Leave it out.")
  }
  const id = globals.output ?? (globals.json || !stdout.terminal ? "json" : "table")
  const format: Format | undefined = formats.find((candidate) => candidate.id === id)
  if (format !== undefined && (format.prints === "anything" || prints === "attachment")) return format
  return yield* unsupported(
    `-o ${id} prints the attachment of one VM, which is not what this command answers with`,
    "Use it with up, show, publish or unpublish."
  )
})

/** The first thing a command does: everything about its flags that could be refused is, before anything happens. */
export const begin = Effect.fn("begin")(function* (verb: Verb) {
  const globals = yield* root
  if (globals.backend !== undefined && verb.backend !== true) {
    return yield* unsupported("--backend does not apply here", "It says how `up` attaches a VM.")
  }
  return { globals, format: yield* formatFor(globals, verb.prints) }
})
