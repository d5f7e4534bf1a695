import { type Dirent, readFileSync, readdirSync } from "node:fs"
import type { Entry } from "./entry.ts"

const root = "/proc/sys/net"

/** Keys that change although nobody set them, each with the reason. */
export const selfTicking: ReadonlyArray<{ readonly key: RegExp; readonly reason: string }> = [
  { key: /^net\.netfilter\.nf_conntrack_count$/, reason: "counts the connections of this moment" },
  { key: /^net\.ipv4\.tcp_fastopen_key$/, reason: "the kernel draws it at random when it is first needed" },
  { key: /^net\.core\.netdev_rss_key$/, reason: "the kernel draws it at random when it is first needed" },
  { key: /^net\.netfilter\.nf_conntrack_buckets$/, reason: "one table for the whole machine, which others may resize" },
  { key: /^net\.ipv[46]\.route\.flush$/, reason: "an action, not a value: it can only be written" }
]

const entriesIn = (directory: string): ReadonlyArray<Dirent> => {
  try {
    return readdirSync(directory, { withFileTypes: true })
  } catch {
    // The link that it was about has gone since its parent was read.
    return []
  }
}

const read = (path: string): string | undefined => {
  try {
    return readFileSync(path, "utf8").trim().replaceAll(/\s+/g, " ")
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code
    // An unreadable value is a value too (`stable_secret` is EIO until it is set); a vanished one is not.
    return code === "ENOENT" ? undefined : `unreadable (${code})`
  }
}

/** A dot inside of a name is written as a slash, as sysctl(8) does: `net.ipv4.conf.eth0/100.forwarding`. */
const nameOf = (parent: string, name: string) => `${parent}.${name.replaceAll(".", "/")}`

const walk = (directory: string, parent: string, into: Array<Entry>): void => {
  for (const entry of entriesIn(directory)) {
    const key = nameOf(parent, entry.name)
    const path = `${directory}/${entry.name}`
    if (entry.isDirectory()) walk(path, key, into)
    else if (!selfTicking.some((one) => one.key.test(key))) {
      const value = read(path)
      if (value !== undefined) into.push({ key, attributes: { "": value } })
    }
  }
}

/**
 * Every readable file below `/proc/sys/net`, about a thousand in some 20 ms. Synchronous on purpose: the tree shows the
 * namespace of the thread that reads it, and the threads of Node's asynchronous file system are others.
 */
export const sysctlEntries = (): ReadonlyArray<Entry> => {
  const entries: Array<Entry> = []
  walk(root, "net", entries)
  return entries
}

/** The link that a key is about, if it is about one: it appears and vanishes with its link, whose own line says so. */
export const linkOfSysctl = (key: string): string | undefined =>
  /^net\.(?:ipv4|ipv6|mpls)\.(?:conf|neigh)\.([^.]+)\./.exec(key)?.[1]?.replaceAll("/", ".")
