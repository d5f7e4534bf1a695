import { readFileSync, readdirSync, readlinkSync } from "node:fs"
import { agentMark } from "../agent/agentMain.ts"
import type { Entry } from "./entry.ts"

interface Process {
  readonly pid: number
  readonly parent: number
  readonly start: string
  readonly command: ReadonlyArray<string>
  readonly net: string
  readonly mnt: string
}

const attempt = (read: () => string): string => {
  try {
    return read()
  } catch {
    // Ended meanwhile, a zombie, or not ours to look at.
    return ""
  }
}

/** proc_pid_stat(5): after the name in parentheses come state (3), parent (4) and, as field 22, the start time. */
const processOf = (pid: number): Process | undefined => {
  const stat = attempt(() => readFileSync(`/proc/${pid}/stat`, "utf8"))
  const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ")
  if (stat === "" || fields[0] === "Z") return undefined
  return {
    pid,
    parent: Number(fields[1]),
    start: fields[19] ?? "",
    command: attempt(() => readFileSync(`/proc/${pid}/cmdline`, "utf8"))
      .split("\0")
      .filter((word) => word !== ""),
    net: attempt(() => readlinkSync(`/proc/${pid}/ns/net`)),
    mnt: attempt(() => readlinkSync(`/proc/${pid}/ns/mnt`))
  }
}

const allProcesses = (): ReadonlyMap<number, Process> => {
  const pids = readdirSync("/proc").filter((name) => /^\d+$/.test(name))
  const found = pids.map((pid) => processOf(Number(pid))).filter((one) => one !== undefined)
  return new Map(found.map((one) => [one.pid, one]))
}

const ancestorsOf = (pid: number, all: ReadonlyMap<number, Process>): ReadonlySet<number> => {
  const line = new Set<number>()
  for (let at = all.get(pid); at !== undefined && !line.has(at.pid); at = all.get(at.parent)) line.add(at.pid)
  return line
}

const line = (one: Process): string => {
  const text = one.command.join(" ")
  return `${one.pid} ${text.length > 160 ? `${text.slice(0, 160)}...` : text}`
}

/**
 * The processes that belong to this host: in its network namespace or in a named one of its own, or in its mount
 * namespace, or descending from the caller (one of them stays true for a helper that enters a nameless namespace, and
 * for one that lets go of its parent). Without the caller, those above it, and the testkit's own agents.
 */
export const processEntries = (namespaces: ReadonlyArray<string>): ReadonlyArray<Entry> => {
  const all = allProcesses()
  const self = all.get(process.pid)
  const above = ancestorsOf(process.pid, all)
  const nets = new Set([...namespaces, self?.net ?? ""].filter((one) => one !== ""))
  const belongs = (one: Process) =>
    nets.has(one.net) || (one.mnt !== "" && one.mnt === self?.mnt) || ancestorsOf(one.pid, all).has(process.pid)
  return [...all.values()]
    .filter((one) => !above.has(one.pid) && !one.command.includes(agentMark) && belongs(one))
    .map((one) => ({ key: line(one), attributes: { start: one.start } }))
}
