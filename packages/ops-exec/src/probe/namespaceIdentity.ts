import type { Netns } from "@vmnet/core"
import { netnsFile, nsfsMagic, readProcessStat } from "@vmnet/ops-common"
import { statfsSync, statSync } from "node:fs"

/** Device and inode of the namespace's file, which two names of one namespace share (namespaces(7)). */
export const namespaceIdentity = (netns: Netns): string | null => {
  try {
    const path = netnsFile(netns)
    if (statfsSync(path).type !== nsfsMagic) return null
    const { dev, ino } = statSync(path)
    // Looked at afterwards: the pid may have become another process's meanwhile.
    const recycled = netns._tag === "Process" && readProcessStat(netns.pid)?.startTime !== netns.startTime
    return recycled ? null : `${dev}:${ino}`
  } catch {
    return null
  }
}
