import type { Netns } from "@vmnet/core"

/** A user namespace of its own is entered by processes of one thread only (setns(2)): not by this one. */
export const isOutOfReach = (netns: Netns): boolean => netns._tag === "Process" && netns.user === true
