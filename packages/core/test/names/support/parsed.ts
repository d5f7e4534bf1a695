import { assert } from "@effect/vitest"
import { Result } from "effect"

/** The value of a successful result; a failure fails the test with its own words. */
export const ok = <A>(result: Result.Result<A, unknown>): A => {
  if (Result.isSuccess(result)) return result.success
  throw new Error(`expected a value, found: ${String(result.failure)}`)
}

/** What a refused input was told. */
export const refusal = (result: Result.Result<unknown, string>): string => {
  assert.isTrue(Result.isFailure(result), `expected a refusal, found ${JSON.stringify(Result.getOrUndefined(result))}`)
  return Result.isFailure(result) ? result.failure : ""
}

/** Which of the texts a parser lets through. */
export const accepted = (
  parse: (text: string) => Result.Result<unknown, string>,
  texts: ReadonlyArray<string>
): ReadonlyArray<string> => texts.filter((text) => Result.isSuccess(parse(text)))

/** Texts that no parser of ours may let through, and that no message may print as they are. */
export const hostile: ReadonlyArray<string> = [
  "",
  " ",
  "--flag",
  "-h",
  "$(x)",
  "`x`",
  "a b",
  "a\nb",
  "a\n",
  "\u0000",
  "..",
  "a..b",
  "../a",
  "a/b",
  'a"b',
  "a*",
  "a".repeat(64),
  "1".repeat(400),
  "١٢٣",
  "８０",
  "ａ",
  "é",
  "\u202Ea",
  "\u001B[31m",
  "😀",
  "0x10",
  "1e3",
  "+1",
  "-1",
  "1.5",
  "01",
  "NaN",
  "constructor\u0000"
]
