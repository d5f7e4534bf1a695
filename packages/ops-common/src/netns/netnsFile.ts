import type { Netns } from "@vmnet/core"

/** `NSFS_MAGIC` of linux/magic.h: the file system a namespace's file belongs to, wherever it is bound. */
export const nsfsMagic = 0x6e736673

/** The file that stands for a namespace; the host's is that of the thread which asks. */
export const netnsFile = (netns: Netns): string => {
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
