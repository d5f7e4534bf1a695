import { Effect } from "effect"
import { print } from "../cli/print.ts"
import { CommandExited } from "../exec/CommandExited.ts"
import type { Format } from "../output/Format.ts"
import { Streams } from "../terminal/Streams.ts"
import { styleFor } from "../terminal/style.ts"
import { demoDocument, verdict } from "./document.ts"
import type { Entry } from "./Journal.ts"
import type { Outcome } from "./scenario.ts"

/** The result; where stdout is not what the person looks at, the verdict ends the steps that were told on stderr too. */
export const finish = Effect.fnUntraced(function* (format: Format, entries: ReadonlyArray<Entry>, outcome: Outcome) {
  const streams = yield* Streams
  yield* print(format, demoDocument(entries, outcome))
  if (!streams.stdout.terminal) yield* streams.drawStderr(`\n${verdict(outcome, styleFor(streams.stderr))}\n`)
  if (outcome.differences.length > 0) return yield* new CommandExited({ exitCode: 1 })
})
