import { printableJson } from "../terminal/printable.ts"
import type { Format } from "./Format.ts"

/** Indented for a person, one line for a program. */
export const json: Format = {
  id: "json",
  prints: "anything",
  render: (document, look) => printableJson(document.json, look.terminal)
}
