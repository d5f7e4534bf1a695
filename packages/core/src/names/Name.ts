import { Result } from "effect"
import type { Parsed } from "./Parsed.ts"
import { quote } from "./quote.ts"

/** The longest name of a VM or network, in characters. */
export const maxNameLength = 63

/** The grammar as a regular expression, for schemas; `parseVmName` says what is wrong. */
export const namePattern = "^[a-z0-9](?!.*\\.\\.)[a-z0-9._-]{0,62}$"

export const parseVmName = (text: string): Parsed<string> => parseName("VM name", text)

export const parseNetworkName = (text: string): Parsed<string> => parseName("network name", text)

/**
 * `[a-z0-9][a-z0-9._-]{0,62}` without `..`: safe as a path segment, in an ownership tag, in nft JSON and as an argument
 * (it never starts with a dash).
 */
const parseName = (what: string, text: string): Parsed<string> => {
  if (text === "") return Result.fail(`a ${what} must not be empty`)
  if (text.length > maxNameLength) {
    return Result.fail(`${what} ${quote(text)} is ${text.length} characters long: at most ${maxNameLength} are allowed`)
  }
  const at = [...text].findIndex((character, index) => !allowed(character, index))
  if (at !== -1) return Result.fail(`${what} ${quote(text)}: ${complaint([...text][at]!, at)}`)
  const dots = text.indexOf("..")
  if (dots === -1) return Result.succeed(text)
  return Result.fail(`${what} ${quote(text)}: two dots in a row at position ${dots + 1}`)
}

const allowed = (character: string, index: number): boolean =>
  (index === 0 ? /^[a-z0-9]$/ : /^[a-z0-9._-]$/).test(character)

const complaint = (character: string, index: number): string => {
  const where = `${quote(character)} at position ${index + 1}`
  const first = index === 0 ? "the first character must be one of a-z 0-9" : "allowed are a-z 0-9 . _ -"
  const upper = /^[A-Z]$/.test(character) ? ` (write ${quote(character.toLowerCase())})` : ""
  return `${where} is not allowed, ${first}${upper}`
}

/** Names of network namespaces that vmnet makes: a network's name and more, as a file name in `/run/netns`. */
export const netnsNamePattern = "^[a-z0-9](?!.*\\.\\.)[a-z0-9._-]{0,95}$"
