import { lstatSync, readdirSync, readlinkSync, type Stats } from "node:fs"
import type { Entry } from "./entry.ts"

const typeOf = (stats: Stats): string => {
  if (stats.isDirectory()) return "directory"
  if (stats.isSymbolicLink()) return "symlink"
  if (stats.isSocket()) return "socket"
  return stats.isFile() ? "file" : "special"
}

/** Where all installs of a host meet: there from the first command of any of them on, whatever goes up and down. */
const hostRegister = "/run/vmnet/host"

const walk = (path: string, into: Array<Entry>): void => {
  if (path === hostRegister) return
  let stats: Stats
  try {
    stats = lstatSync(path)
  } catch {
    // Not there, or gone since its directory was read.
    return
  }
  const type = typeOf(stats)
  const attributes = {
    type,
    mode: (stats.mode & 0o7777).toString(8).padStart(4, "0"),
    owner: `${stats.uid}:${stats.gid}`
  }
  into.push({ key: path, attributes: type === "symlink" ? { ...attributes, target: readlinkSync(path) } : attributes })
  if (type === "directory") for (const name of readdirSync(path)) walk(`${path}/${name}`, into)
}

/** Everything at and below the directories: names, kinds, modes and owners, no contents. Symlinks are not followed, and the
 * register of the host is left out. */
export const fileEntries = (directories: ReadonlyArray<string>): ReadonlyArray<Entry> => {
  const entries: Array<Entry> = []
  for (const directory of directories) walk(directory, entries)
  return entries
}
