import type { Duplex } from "node:stream"

/** A line is bounded, so that a guest gone mad cannot fill our memory. */
const longestLine = 1024 * 1024

/** Call `onLine` for each complete line that arrives. */
export const readLines = (stream: Duplex, onLine: (line: string) => void): void => {
  let rest = ""
  stream.setEncoding("utf8")
  stream.on("data", (text: string) => {
    const lines = `${rest}${text}`.split("\n")
    rest = (lines.pop() ?? "").slice(-longestLine)
    for (const line of lines) onLine(line.trimEnd())
  })
  // The other end is a process that we kill: what we could not send it is of no interest any more.
  stream.on("error", () => {})
}
