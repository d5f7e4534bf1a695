import { Effect, Layer } from "effect"
import { type Look, Streams } from "./Streams.ts"

/** A terminal that cannot move its cursor or colour: it gets tables like any other, and nothing that is redrawn. */
const dumb = process.env["TERM"] === "dumb"

const lookOf = (stream: NodeJS.WriteStream): Look => {
  const terminal = stream.isTTY === true
  // https://no-color.org: set to anything but the empty string.
  return { terminal, color: terminal && !dumb && (process.env["NO_COLOR"] ?? "") === "" }
}

export const streamsOfProcess: Layer.Layer<Streams> = Layer.sync(Streams, () => ({
  stdout: lookOf(process.stdout),
  stderr: dumb ? { terminal: false, color: false } : lookOf(process.stderr),
  // A terminal that does not know its size says 0.
  columns: () => process.stderr.columns || 80,
  drawStderr: (text) => Effect.sync(() => void process.stderr.write(text))
}))

/**
 * A reader that left (`vmnet ls | head -1`) is no error. Anything else on stdout is: a result that was not written must
 * not end in exit code 0. On stderr nobody is left to tell.
 */
export const watchStreamErrors = (): void => {
  process.stdout.on("error", (error: NodeJS.ErrnoException) => {
    if (error.code === "EPIPE") return
    process.exitCode = 1
    process.stderr.write(`vmnet: the result could not be written: ${error.message}\n`)
  })
  process.stderr.on("error", () => {})
}
