import { Cause, Layer, Logger, type LogLevel, References } from "effect"
import type { Tone } from "../cli/argv.ts"
import { printable } from "./printable.ts"

const text = (part: unknown): string =>
  part instanceof Error ? part.message : typeof part === "string" ? part : (JSON.stringify(part) ?? String(part))

const reason = (cause: Cause.Cause<unknown>): ReadonlyArray<string> => {
  if (cause.reasons.length === 0) return []
  return [Cause.hasInterruptsOnly(cause) ? "interrupted" : text(Cause.squash(cause))]
}

const line = Logger.make<unknown, string>(({ logLevel, message, cause }) => {
  const said = Array.isArray(message) ? message.map(text) : [text(message)]
  const parts = [...said, ...reason(cause)]
  return printable(`vmnet: ${logLevel === "Warn" ? "warning" : logLevel.toLowerCase()}: ${parts.join(": ")}`)
})

/** With `--json`, stderr is one error or nothing, and a warning would be neither. */
const minimum = ({ json, verbose }: Tone): LogLevel.LogLevel => {
  if (verbose) return "Debug"
  return json ? "Error" : "Warn"
}

/** What services have to say besides their results: warnings (an undo that failed), and with `-v` everything. */
export const logging = (tone: Tone): Layer.Layer<never> =>
  Layer.mergeAll(
    Logger.layer([Logger.withConsoleError(line)]),
    Layer.succeed(References.MinimumLogLevel, minimum(tone))
  )
