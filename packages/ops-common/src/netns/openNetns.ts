import { type Netns, netnsKey, OpsError } from "@vmnet/core"
import { Effect, type Scope } from "effect"
import { closeSync, constants, fstatSync, openSync, statfsSync, statSync } from "node:fs"
import { type Attempt, ofSystemError } from "../errors/opsErrors.ts"
import { readProcessStat } from "./processStat.ts"
import { netnsFile, nsfsMagic } from "./netnsFile.ts"

const missing = ({ action }: Attempt, output: string): OpsError =>
  new OpsError({ family: "netns", reason: "Missing", action, output })

/**
 * What is wrong with an open namespace file. A process is compared only now, with its namespace held open: had its pid
 * been recycled before the open, the start time differs; had it been recycled after, the file is the right one anyway.
 */
const objection = (netns: Netns, fd: number, kind: Kind): string | undefined => {
  if (statfsSync(`/proc/self/fd/${fd}`).type !== nsfsMagic) {
    return `${netnsFile(netns)} is not a network namespace: nothing is mounted there`
  }
  if (kind === "net" && netns._tag !== "Host" && isOwn(fd)) {
    return `${netnsFile(netns)} is the host's own network namespace`
  }
  if (netns._tag !== "Process") return undefined
  const stat = readProcessStat(netns.pid)
  if (stat === undefined || stat.gone) return `process ${netns.pid} is gone`
  return stat.startTime === netns.startTime
    ? undefined
    : `pid ${netns.pid} belongs to another process now (started at ${stat.startTime}, expected ${netns.startTime})`
}

/** A guest's interface and default route there would take the host's own traffic. */
const isOwn = (fd: number): boolean => {
  const [own, other] = [statSync("/proc/self/ns/net"), fstatSync(fd)]
  return own.dev === other.dev && own.ino === other.ino
}

const open = (netns: Netns, kind: Kind): number => {
  const path = kind === "net" ? netnsFile(netns) : netnsFile(netns).replace(/net$/, "user")
  if (!path.startsWith("/") || path.includes("\0")) throw Object.assign(new Error("not a path"), { code: "EINVAL" })
  // Not blocking: a FIFO left at the path must not hold up the whole process.
  return openSync(path, constants.O_RDONLY | constants.O_NONBLOCK)
}

/** What a network namespace belongs to is entered before it, where that is not the caller's own. */
type Kind = "net" | "user"

const whereOf = (netns: Netns, { action }: Attempt): Attempt => ({
  family: "netns",
  action: `${action} in ${netnsKey(netns)}`
})

/** The same at once, for a caller who closes what he is given. Throws `OpsError`. */
export const openNetnsNow = (netns: Netns, attempt: Attempt, kind: Kind = "net"): number => {
  const where = whereOf(netns, attempt)
  const tried = <A>(run: () => A): A => {
    try {
      return run()
    } catch (cause) {
      throw ofSystemError(where, cause)
    }
  }
  const fd = tried(() => open(netns, kind))
  try {
    const wrong = tried(() => objection(netns, fd, kind))
    if (wrong === undefined) return fd
    throw missing(where, wrong)
  } catch (cause) {
    closeSync(fd)
    throw cause
  }
}

/**
 * Opens the file that stands for a namespace (or for the user namespace of its process), for as long as the scope lives. The descriptor keeps meaning the same
 * namespace whatever becomes of its name, and is what programs are sent into.
 */
export const openNetns = (
  netns: Netns,
  attempt: Attempt,
  kind: Kind = "net"
): Effect.Effect<number, OpsError, Scope.Scope> =>
  Effect.acquireRelease(
    Effect.try({ try: () => openNetnsNow(netns, attempt, kind), catch: (cause) => cause as OpsError }),
    (fd) => Effect.sync(() => closeSync(fd))
  )
