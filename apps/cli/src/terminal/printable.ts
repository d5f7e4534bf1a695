/**
 * C0 and C1 controls, line and paragraph separators, and the marks that reorder text. Names seen on the host are
 * whatever the kernel allows: printed raw they could rewrite the screen, or make one name look like another.
 */
// oxlint-disable-next-line no-control-regex -- control characters are what it looks for
const controls = /[\u0000-\u001f\u007f-\u009f\u2028\u2029\u200e\u200f\u202a-\u202e\u2066-\u2069]/g

const escape = (character: string): string => `\\u${character.charCodeAt(0).toString(16).padStart(4, "0")}`

/** One line of text, safe to show: every control character becomes its visible escape (`\u001b`). */
export const printable = (text: string): string => text.replace(controls, escape)

/** The same for a text whose line breaks are its own. */
export const printableLines = (text: string): string => text.split("\n").map(printable).join("\n")

/** JSON on one line or indented. JSON itself escapes only C0, and the escapes it allows are ours. */
export const printableJson = (value: unknown, indent: boolean): string =>
  printableLines(JSON.stringify(value, null, indent ? 2 : 0))
