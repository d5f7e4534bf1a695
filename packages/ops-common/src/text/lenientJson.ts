const control = /\p{Cc}/gu

const escape = (character: string): string => `\\u${character.charCodeAt(0).toString(16).padStart(4, "0")}`

const stringLiteral = /"(?:[^"\\]|\\[^])*"/g

/**
 * Makes valid JSON of what iproute2 prints: it escapes quotes and backslashes in names and aliases, but leaves other
 * control characters as they are, which a link may carry in its name and anybody may put into an alias.
 */
export const repairJson = (text: string): string =>
  text.replaceAll(stringLiteral, (literal) => literal.replaceAll(control, escape))
