import { readdirSync, readlinkSync } from "node:fs"

const initial = "pid:[4026531836]" // PROC_PID_INIT_INO of linux/proc_ns.h: what all others are below

/** The pid namespace a process is in, `undefined` where that cannot be read. */
export const pidNamespaceOf = (pid: number | "self"): string | undefined => {
  try {
    return readlinkSync(`/proc/${pid}/ns/pid`)
  } catch {
    return undefined
  }
}

/**
 * Whether a pid namespace that is not ours may still have processes. From the initial one all others are seen, with
 * pids of their own there; from any other nobody can tell.
 */
export const mayBeInhabited = (namespace: string, own = pidNamespaceOf("self")): boolean => {
  if (own !== initial) return true
  const pids = readdirSync("/proc").filter((name) => /^\d+$/.test(name))
  return pids.some((pid) => pidNamespaceOf(Number(pid)) === namespace)
}
