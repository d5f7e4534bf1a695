import { describeLinkChange, type LinkChange, type OpsError } from "@vmnet/core"
import { type Attempt, invalid } from "../errors/opsErrors.ts"
import { objectionToChange } from "./validate.ts"

const wordsOf = (changes: ReadonlyArray<LinkChange>, index: number | undefined): string => {
  const change = changes[index ?? (changes.length === 1 ? 0 : -1)]
  return change === undefined ? `apply ${changes.length} link changes` : describeLinkChange(change)
}

/** What a call was doing: the change at `index`, or all of them. */
export const attemptOf = (changes: ReadonlyArray<LinkChange>, index?: number): Attempt => ({
  family: "link",
  action: wordsOf(changes, index)
})

/** What is wrong with a call in plain data, before anything runs, or `undefined`. */
export const objectionToLinkChanges = (changes: ReadonlyArray<LinkChange>): OpsError | undefined => {
  for (const [index, change] of changes.entries()) {
    const words = objectionToChange(change)
    if (words !== undefined) return invalid(attemptOf(changes, index), words, index)
  }
  return undefined
}
