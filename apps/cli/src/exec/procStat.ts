import { readFileSync } from "node:fs"

/**
 * Fields of `/proc/PID/stat` from the third on (proc_pid_stat(5)): the second is the program's name in parentheses and
 * may itself contain spaces and parentheses, so counting starts after the last one.
 */
const fieldsOf = (pid: number | "self"): ReadonlyArray<string> => {
  const stat = readFileSync(`/proc/${pid}/stat`, "utf8")
  return stat.slice(stat.lastIndexOf(")") + 2).split(" ")
}

/** Field 22, in clock ticks since boot. */
export const startTimeOf = (pid: number): string => fieldsOf(pid)[22 - 3] ?? ""

/** Whether this process is in the foreground of its terminal (field 5 = field 8): then ^C reaches its children too. */
export const inForeground = (): boolean => {
  const fields = fieldsOf("self")
  return fields[5 - 3] === fields[8 - 3]
}

/** CAP_SYS_ADMIN is bit 21 (linux/capability.h); entering a network namespace needs it. */
export const mayEnterNetns = (): boolean => {
  const effective = /^CapEff:\s*([0-9a-f]+)$/m.exec(readFileSync("/proc/self/status", "utf8"))
  return effective !== null && ((BigInt(`0x${effective[1]}`) >> 21n) & 1n) === 1n
}
