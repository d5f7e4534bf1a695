import { Console, Effect } from "effect"
import type { Document } from "../output/Document.ts"
import type { Format } from "../output/Format.ts"
import { requirePrintable } from "../output/requirePrintable.ts"
import { Streams } from "../terminal/Streams.ts"

/** The result, on stdout, with a line break at its end. */
export const print = Effect.fn("print")(function* (format: Format, document: Document) {
  const { stdout } = yield* Streams
  if (format.prints === "anything") return yield* Console.log(format.render(document, stdout))
  if (document.attachment === undefined) return yield* Effect.die(new Error(`-o ${format.id} without an attachment`))
  yield* requirePrintable(format, Effect.succeed(document.attachment))
  return yield* Console.log(yield* format.render(document.attachment))
})
