import { readFileSync } from "node:fs"
import type { Entry } from "./entry.ts"
import { netnsDirectory } from "./netnsList.ts"

/** Space, tab, line break and backslash stand there as three octal digits. */
const readable = (text: string): string => text.replaceAll("\\040", " ")

/** Named namespaces are told of in a section of their own, and `ip netns` shares their directory as it likes. */
const isNamespace = (point: string): boolean => point === netnsDirectory || point.startsWith(`${netnsDirectory}/`)

/**
 * The mount table (proc_pid_mountinfo(5)) but for ids, which are never given twice, and options of whole file systems,
 * which are not ours alone. Mounts on top of one another are
 * told apart by their place in the stack.
 */
export const mountEntries = (text = readFileSync("/proc/self/mountinfo", "utf8")): ReadonlyArray<Entry> =>
  text
    .split("\n")
    .map((line) => line.split(" "))
    .filter((fields) => fields.length > 6 && !isNamespace(fields[4] ?? ""))
    .map((fields) => {
      const end = fields.indexOf("-")
      const [root = "", point = "", options = ""] = fields.slice(3, 6)
      const [type = "", source = ""] = fields.slice(end + 1)
      return {
        key: readable(point),
        attributes: { root, options, type, source, propagation: fields.slice(6, end).join(",") }
      }
    })
