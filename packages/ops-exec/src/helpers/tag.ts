import type { HelperKey, ProcessId } from "@vmnet/core"
import { readProcessStat } from "@vmnet/ops-common"
import { readdirSync, readFileSync, statSync } from "node:fs"

const variables = ({ owner, helper }: HelperKey): Readonly<Record<string, string>> => ({
  VMNET_OWNER: owner,
  VMNET_HELPER: helper
})

/** The environment of a helper: its tag, and the least a program needs. */
export const environmentOf = (key: HelperKey, path: string): Readonly<Record<string, string>> => ({
  PATH: path,
  LC_ALL: "C",
  ...variables(key)
})

const read = (path: string): string | undefined => {
  try {
    return readFileSync(path, "utf8")
  } catch {
    return undefined
  }
}

/** Never what the machine itself runs on, nor whoever asks: a helper is neither, whatever else may be wrong. */
const mayBeHelper = (pid: number): boolean => pid > 2 && pid !== process.pid && pid !== process.ppid

const isMine = (pid: number): boolean => {
  try {
    const { uid } = statSync(`/proc/${pid}`)
    // A process that does not let others look into it, as pasta does not, is root's in /proc (proc(5)).
    return uid === process.geteuid!() || uid === 0
  } catch {
    return false
  }
}

/**
 * Whether a process carries a helper's tag: in its environment, or, where that is closed even to its own user, as an
 * argument (`argument`) that only this helper has.
 */
const carries = (pid: number, key: HelperKey, argument: string): boolean => {
  if (!isMine(pid)) return false
  const environment = read(`/proc/${pid}/environ`)
  if (environment !== undefined) {
    const entries = new Set(environment.split("\0"))
    return Object.entries(variables(key)).every(([variable, value]) => entries.has(`${variable}=${value}`))
  }
  return key.helper === "pasta" && (read(`/proc/${pid}/cmdline`) ?? "").split("\0").includes(argument)
}

const identityOf = (directory: string): string | undefined => {
  const stats = statSync(directory, { throwIfNoEntry: false, bigint: true })
  return stats === undefined ? undefined : `${stats.dev}:${stats.ino}`
}

/**
 * Whether a process lives with another directory under the path of ours. Every container has a `/run/vmnet` of its own, and
 * with the same machine id the same install: its helpers carry tags like ours, and are its own.
 */
const isElsewhere = (pid: number, stateDir: string): boolean => {
  try {
    return identityOf(`/proc/${pid}/root${stateDir}`) !== identityOf(stateDir)
  } catch {
    // Closed to us: nothing else of it can be read either.
    return false
  }
}

/** The process of a pid if it is this helper now: its start time is read before its tag and again after it. */
export const tagged = (pid: number, key: HelperKey, argument: string, bootId: string): ProcessId | undefined => {
  if (!mayBeHelper(pid)) return undefined
  const before = readProcessStat(pid)
  if (before === undefined || before.gone || !carries(pid, key, argument)) return undefined
  const after = readProcessStat(pid)
  return after?.startTime === before.startTime && !after.gone ? { pid, startTime: before.startTime, bootId } : undefined
}

/** Looks for a helper that nobody wrote down among all processes. */
export const searchTagged = (
  key: HelperKey,
  argument: string,
  bootId: string,
  stateDir: string
): ProcessId | undefined => {
  const pids = readdirSync("/proc").flatMap((name) => (/^\d+$/.test(name) ? [Number(name)] : []))
  // A child that a helper forks for a moment has its tag too; the helper itself is the elder.
  const found = pids
    .map((pid) => tagged(pid, key, argument, bootId))
    .filter((one) => one !== undefined)
    // pasta has given up every directory; the file it was told is all there is to know it by.
    .filter(({ pid }) => key.helper === "pasta" || !isElsewhere(pid, stateDir))
  return found.toSorted((a, b) => Number(a.startTime) - Number(b.startTime) || a.pid - b.pid)[0]
}

/** The tags of all processes that have one, as they are in their environments: anybody may write anything there. */
export const ownersRunning = (stateDir: string): ReadonlySet<string> => {
  const pids = readdirSync("/proc").flatMap((name) => (/^\d+$/.test(name) ? [Number(name)] : []))
  const mine = pids.filter((pid) => mayBeHelper(pid) && isMine(pid))
  const owners = mine.map((pid) => ({ pid, owner: ownerIn(pid) })).filter(({ owner }) => owner !== undefined)
  return new Set(owners.flatMap(({ owner, pid }) => (isElsewhere(pid, stateDir) ? [] : [owner!])))
}

const ownerIn = (pid: number): string | undefined =>
  read(`/proc/${pid}/environ`)
    ?.split("\0")
    .find((entry) => entry.startsWith("VMNET_OWNER="))
    ?.slice("VMNET_OWNER=".length)
