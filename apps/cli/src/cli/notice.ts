import { Console, Effect } from "effect"
import { printable } from "../terminal/printable.ts"
import type { Globals } from "./globals.ts"

/** What a person may want to know and is no failure, on stderr. */
export const notice = Effect.fnUntraced(function* (globals: Globals, notices: ReadonlyArray<string>) {
  if (globals.json) return
  yield* Effect.forEach(notices, (text) => Console.error(printable(`vmnet: note: ${text}`)), { discard: true })
})
