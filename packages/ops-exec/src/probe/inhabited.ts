import type { Netns } from "@vmnet/core"
import { readdirSync, statSync } from "node:fs"
import { namespaceIdentity } from "./namespaceIdentity.ts"

const gone: ReadonlySet<string | undefined> = new Set(["ENOENT", "ESRCH"])

/** A process that has ended meanwhile is nowhere; one that nobody may look at may be anywhere. */
const isIn = (pid: string, identity: string): boolean => {
  try {
    const { dev, ino } = statSync(`/proc/${pid}/ns/net`)
    return `${dev}:${ino}` === identity
  } catch (cause) {
    return !gone.has((cause as NodeJS.ErrnoException).code)
  }
}

/** What the machine itself runs on (init, kthreadd) is in no namespace that somebody made; a container's root may not look. */
const isMachine = (pid: string): boolean => Number(pid) <= 2

/** Whether some process is in a namespace (proc(5)). The list of processes has to be readable. */
export const inhabited = (netns: Netns): boolean => {
  const identity = namespaceIdentity(netns)
  return (
    identity !== null &&
    readdirSync("/proc").some((name) => /^\d+$/.test(name) && !isMachine(name) && isIn(name, identity))
  )
}
