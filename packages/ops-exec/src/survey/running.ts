import { readdirSync } from "node:fs"
import { readValue } from "./look.ts"

/** Every process there is, however many: unlike files, nobody can put a thousand there for fun without being one. */
const allPids = (): ReadonlyArray<string> => readdirSync("/proc").filter((name) => /^\d+$/.test(name))

/** A process that went away meanwhile, or that we may not look at, is none we know of. */
const nameOf = (pid: string): string => {
  try {
    return readValue(`/proc/${pid}/comm`) ?? ""
  } catch {
    return ""
  }
}

/**
 * Whether processes of these names run (proc(5): at most 15 characters of them). Where others' processes are hidden
 * (`hidepid`), nobody can tell.
 */
export const runningNames = (list: () => ReadonlyArray<string> = allPids): ReadonlySet<string> => {
  const pids = list()
  if (!pids.includes("1")) throw new Error("processes of others are hidden (/proc is mounted with hidepid)")
  return new Set(pids.map(nameOf))
}
