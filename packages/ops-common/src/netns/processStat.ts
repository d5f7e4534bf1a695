import { readFileSync } from "node:fs"

/** The part of `/proc/PID/stat` (proc(5)) that tells one process from another with the same pid. */
export interface ProcessStat {
  /** Field 22: clock ticks between boot and the start of the process. */
  readonly startTime: string
  /** Dead and not yet reaped (`Z`), or about to go (`X`, `x`). */
  readonly gone: boolean
}

const startTimeAfterComm = 22 - 3

/** `comm`, the second field, may itself contain spaces and `)`: fields are counted from the last `)`. */
export const parseProcessStat = (text: string): ProcessStat | undefined => {
  const [state, ...fields] = text
    .slice(text.lastIndexOf(")") + 1)
    .trim()
    .split(/\s+/)
  const startTime = fields[startTimeAfterComm - 1]
  if (state === undefined || startTime === undefined || !/^\d+$/.test(startTime)) return undefined
  return { startTime, gone: state === "Z" || state === "X" || state === "x" }
}

/**
 * Whether there is provably no process of this pid. `/proc` may hide those of others (`hidepid`, proc(5)) or be closed:
 * then `kill(pid, 0)`, which sends nothing, still tells one that is there (success, EPERM) from one that is not (ESRCH).
 */
export const isProvenAbsent = (pid: number, ask: (pid: number) => unknown = (pid) => process.kill(pid, 0)): boolean => {
  // To kill(2) 0 and below are groups of processes.
  if (!Number.isInteger(pid) || pid <= 0) return true
  try {
    ask(pid)
    return false
  } catch (cause) {
    return (cause as NodeJS.ErrnoException).code === "ESRCH"
  }
}

/** Reads a process's identity, `undefined` when there is no such process (any more). */
export const readProcessStat = (pid: number): ProcessStat | undefined => {
  if (!Number.isInteger(pid) || pid <= 0) return undefined
  try {
    return parseProcessStat(readFileSync(`/proc/${pid}/stat`, "utf8"))
  } catch {
    return undefined
  }
}
