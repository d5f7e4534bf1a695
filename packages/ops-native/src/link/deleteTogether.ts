import type { LinkChange } from "@vmnet/core"
import { randomInt } from "node:crypto"
import { deleteGroup, deleteLink, setGroup } from "./encodeLink.ts"
import { cannotFind, type Rtnetlink } from "./Rtnetlink.ts"

/** The links of a row of deletions from one change on, if they are several; the same link twice is no such row. */
export const deletionsFrom = (changes: ReadonlyArray<LinkChange>, from: number, to: number): ReadonlyArray<string> => {
  const names: Array<string> = []
  for (let index = from; index < to; index++) {
    const change = changes[index]
    if (change?._tag !== "DeleteLink") break
    names.push(change.link)
  }
  return names.length > 1 && new Set(names).size === names.length ? names : []
}

/** Which of them could not be deleted; those before it are gone. */
export interface NotDeleted {
  readonly at: number
  readonly cause: unknown
}

/**
 * Deletes links as one: for each link alone the kernel waits until nobody can see it any more (15-40 ms), for a group it
 * waits once. The group is one that nobody else has: a number out of a thousand million that is made up here.
 */
export const deleteTogether = (links: Rtnetlink, names: ReadonlyArray<string>): NotDeleted | undefined => {
  const group = randomInt(2 ** 30, 2 ** 31)
  const refused = firstRefused(names, (link) => links.tell(setGroup({ link }, group), cannotFind(link)))
  const those = names.slice(0, refused?.at)
  try {
    if (those.length > 0) links.tell(deleteGroup(group))
    return refused
  } catch {
    // One of them is of a kind that is not deleted so: it says that by itself.
    return firstRefused(those, (link) => links.tell(deleteLink({ link }), cannotFind(link))) ?? refused
  } finally {
    links.forget()
  }
}

const firstRefused = (names: ReadonlyArray<string>, tell: (link: string) => void): NotDeleted | undefined => {
  for (const [at, link] of names.entries()) {
    try {
      tell(link)
    } catch (cause) {
      return { at, cause }
    }
  }
  return undefined
}
