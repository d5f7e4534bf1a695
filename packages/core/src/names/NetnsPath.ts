import { Result } from "effect"
import type { Parsed } from "./Parsed.ts"
import { quote } from "./quote.ts"

/** Linux takes 4096 bytes with the final zero (`PATH_MAX`, limits.h). */
const maxBytes = 4095

/**
 * The path of a network namespace: absolute, and in the one form that names it (no `.`, `..`, empty segment or final
 * slash), so that equal texts are equal paths. No control characters, which have no place in an argument or a log line.
 */
export const parseNetnsPath = (text: string): Parsed<string> => {
  const problem = complaint(text)
  return problem === undefined ? Result.succeed(text) : Result.fail(`path ${quote(text)} ${problem}`)
}

const complaint = (text: string): string | undefined => {
  if (!text.startsWith("/")) return "must be absolute, such as /run/netns/NAME"
  // oxlint-disable-next-line no-control-regex -- control characters are what it looks for
  if (/[\u0000-\u001f\u007f-\u009f\u2028\u2029]/.test(text)) return "has a control character in it"
  if (new TextEncoder().encode(text).length > maxBytes) return `is longer than ${maxBytes} bytes`
  const segments = text.slice(1).split("/")
  if (segments.includes("")) return text === "/" ? "is the root directory" : "has an empty segment or ends in a slash"
  if (segments.includes("..") || segments.includes(".")) return "has a . or .. segment"
  return undefined
}
