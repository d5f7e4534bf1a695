import { formatOwner, parseOwner } from "../names/Owner.ts"
import type { Presence } from "./Driver.ts"

/** Whose an object is by the text it carries as its tag, which may be anything. */
export const tagPresence = (alias: string, owner: string): Presence => {
  if (alias === "") return "untagged"
  const tag = parseOwner(alias)
  return tag !== undefined && formatOwner(tag) === owner ? "ours" : "foreign"
}
