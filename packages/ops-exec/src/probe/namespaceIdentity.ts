import type { Netns } from "@vmnet/core"
import { statfsSync, statSync } from "node:fs"
import { readProcessStat } from "./processStat.ts"

/** `NSFS_MAGIC` of linux/magic.h: what namespace files are on. */
const nsfs = 0x6e736673

const pathOf = (netns: Netns): string => {
  switch (netns._tag) {
    case "Host":
      return "/proc/thread-self/ns/net"
    case "Path":
      return netns.path
    case "Process":
      return `/proc/${netns.pid}/ns/net`
    case "Helper":
      // Callers name the process that holds it: there is no path to find here.
      return ""
  }
}

/** Device and inode of the namespace's file, which two names of one namespace share (namespaces(7)). */
export const namespaceIdentity = (netns: Netns): string | null => {
  try {
    const path = pathOf(netns)
    if (statfsSync(path).type !== nsfs) return null
    const { dev, ino } = statSync(path)
    // Looked at afterwards: the pid may have become another process's meanwhile.
    const recycled = netns._tag === "Process" && readProcessStat(netns.pid)?.startTime !== netns.startTime
    return recycled ? null : `${dev}:${ino}`
  } catch {
    return null
  }
}
