import { quote } from "../names/quote.ts"
import { tagPresence } from "./tagPresence.ts"
import type { Difference, Drift } from "./Driver.ts"

export const missing: Drift = { _tag: "Missing" }

/** What is left of an object that does its work no more. */
export const remains = (words: string): Drift => ({ _tag: "Missing", remains: words })

export const altered = (differences: ReadonlyArray<Difference>): Drift | null =>
  differences.length === 0 ? null : { _tag: "Altered", differences }

/** Whose an object is that does not carry our tag: texts as found, so that they may be anything. */
export const foreign = (type: string, alias: string): Drift => ({
  _tag: "Foreign",
  by: `${type === "" ? "an object" : `a ${type}`} ${alias === "" ? "without a tag" : `tagged ${quote(alias)}`}`
})

type Text = string | number | boolean | null | undefined

const textOf = (value: Text): string => {
  if (value === null || value === undefined) return "none"
  return typeof value === "boolean" ? (value ? "yes" : "no") : `${value}`
}

/** Nothing where the two are the same. */
export const difference = (what: string, expected: Text, found: Text): ReadonlyArray<Difference> =>
  textOf(expected) === textOf(found) ? [] : [{ what, expected: textOf(expected), found: textOf(found) }]

export const isOurs = (alias: string, owner: string): boolean => tagPresence(alias, owner) === "ours"

export const has = ({ differences }: { readonly differences: ReadonlyArray<Difference> }, what: string): boolean =>
  differences.some((one) => one.what === what)
