import { readdirSync, statSync, statfsSync } from "node:fs"
import type { Entry } from "./entry.ts"

export const netnsDirectory = "/run/netns"

/** `NSFS_MAGIC` of linux/magic.h: a name whose mount is gone is a plain empty file, and no namespace. */
const nsfs = 0x6e736673

const identityOf = (path: string): string => {
  try {
    return statfsSync(path).type === nsfs ? `net:[${statSync(path).ino}]` : "no namespace"
  } catch (error) {
    return `unreadable (${(error as NodeJS.ErrnoException).code})`
  }
}

const names = (): ReadonlyArray<string> => {
  try {
    return readdirSync(netnsDirectory)
  } catch {
    // No namespace was ever named here.
    return []
  }
}

/** The named network namespaces and which one each name stands for. */
export const netnsEntries = (): ReadonlyArray<Entry> =>
  names().map((name) => ({ key: name, attributes: { namespace: identityOf(`${netnsDirectory}/${name}`) } }))
