import type { Result } from "effect"

/** What a parser of a person's text answers: the value, or what is wrong with the text, in words and without a path. */
export type Parsed<A> = Result.Result<A, string>
