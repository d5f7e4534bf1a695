import { styleFor } from "../terminal/style.ts"
import type { Format } from "./Format.ts"

export const table: Format = {
  id: "table",
  prints: "anything",
  render: (document, look) => document.table(styleFor(look))
}
