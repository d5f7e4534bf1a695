import { assert } from "@effect/vitest"

/** One line for each value in a tree; entries of a list stand for themselves, so that one more shows as one line. */
const lines = (value: unknown, path = ""): ReadonlyArray<string> => {
  if (Array.isArray(value)) return value.map((entry) => `${path} ${JSON.stringify(entry)}`)
  if (typeof value !== "object" || value === null) return [`${path} ${JSON.stringify(value)}`]
  return Object.entries(value).flatMap(([key, part]) => lines(part, path === "" ? key : `${path}.${key}`))
}

const missing = (from: ReadonlyArray<string>, these: ReadonlyArray<string>): ReadonlyArray<string> => {
  const known = new Set(from)
  return these.filter((line) => !known.has(line))
}

/** Compares two whole worlds, and shows no more than what differs. */
export const assertSame = (actual: unknown, expected: unknown, words: string): void => {
  const [is, was] = [lines(actual), lines(expected)]
  const differing = [...missing(is, was).map((line) => `- ${line}`), ...missing(was, is).map((line) => `+ ${line}`)]
  assert.deepStrictEqual(
    differing,
    [],
    `${words}: ${differing.filter((line) => !line.includes(".sysctls.")).join(" ; ")}`
  )
  assert.deepStrictEqual(actual, expected, words)
}
