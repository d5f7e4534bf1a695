const longest = 80

/**
 * A text from outside as it may stand in a message: in quotes, at most 80 characters, and nothing in it that a terminal
 * would act upon (control characters, escapes, bidirectional overrides) or that could pass for the message itself.
 */
export const quote = (text: string): string => {
  const shown = Array.from(text.slice(0, longest), visible).join("")
  return text.length > longest ? `"${shown}" and ${text.length - longest} more characters` : `"${shown}"`
}

const visible = (character: string): string => {
  if (character === '"' || character === "\\") return `\\${character}`
  return /^[ -~]$/.test(character) ? character : `\\u{${character.codePointAt(0)!.toString(16)}}`
}
