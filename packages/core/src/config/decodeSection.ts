import { Result, Schema, SchemaIssue } from "effect"
import { quote } from "../names/quote.ts"
import type { ConfigReader } from "./ConfigReader.ts"
import type { Path } from "./Path.ts"
import { suggestion } from "./suggest.ts"

/** A mapping as it was read. */
export type Data = Readonly<Record<string, unknown>>

export const isData = (value: unknown): value is Data =>
  typeof value === "object" && value !== null && !Array.isArray(value)

const formatter = SchemaIssue.makeFormatterStandardSchemaV1()

/**
 * What of a section is right. Its wrong options are reported and left out, so that the options that are right can still
 * be held against those of other sections. Every option of the schema is optional; keys it does not have are ignored.
 */
export const decodeSection = <A>(
  reader: ConfigReader,
  schema: Schema.Codec<A, unknown>,
  section: Data,
  path: Path
): A => {
  const decode = Schema.decodeUnknownResult(schema, { errors: "all" })
  const decoded = decode(section)
  if (Result.isSuccess(decoded)) return decoded.success
  const wrong = new Set<PropertyKey>()
  for (const issue of formatter(decoded.failure.issue).issues) {
    const inner = (issue.path ?? []) as Path
    wrong.add(inner[0]!)
    reader.refuse([...path, ...inner], rephrase(issue.message, valueAt(section, inner)))
  }
  const right = Object.fromEntries(Object.entries(section).filter(([key]) => !wrong.has(key)))
  return Result.getOrThrow(decode(right))
}

const valueAt = (data: unknown, path: Path): unknown =>
  path.reduce<unknown>((value, key) => (value as Record<string | number, unknown> | undefined)?.[key], data)

/** The schema's words for a wrong type, in those of a person who writes YAML. */
const rephrase = (message: string, found: unknown): string => {
  if (message === "Missing key") return "is missing"
  if (!message.startsWith("Expected ")) return message
  const expected = message.slice("Expected ".length)
  const words = Array.from(expected.matchAll(/"([^"]+)"/g), (match) => match[1]!)
  const hint = typeof found === "string" ? suggestion(found, words) : ""
  return `must be ${kinds[expected] ?? expected.replaceAll(" | ", " or ")}, not ${describeValue(found)}${hint}`
}

const kinds: Readonly<Record<string, string>> = {
  string: "text",
  boolean: "true or false",
  number: "a number",
  integer: "a whole number",
  "an integer": "a whole number",
  array: "a list",
  object: "a mapping"
}

/** `the number 5`, `nothing`, `a list`: a value as a message names it. */
export const describeValue = (value: unknown): string => {
  if (value === null || value === undefined) return "nothing"
  if (Array.isArray(value)) return "a list"
  switch (typeof value) {
    case "string":
      return quote(value)
    case "number":
      return `the number ${value}`
    case "boolean":
      return `${value}`
    default:
      return "a mapping"
  }
}
