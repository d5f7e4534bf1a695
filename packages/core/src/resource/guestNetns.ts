import { hostNetns, type Netns, netnsKey } from "../ops/Netns.ts"
import { carries } from "./identity.ts"
import type { Resource } from "./Resource.ts"

/** The namespaces of which a plan says how they are: the host's, and those it makes itself. */
export const ownNetns = (plan: ReadonlyArray<Resource>): ((netns: Netns) => boolean) => {
  const carried = new Set([`netns ${netnsKey(hostNetns)}`, ...plan.flatMap(carries)])
  return (netns) => carried.has(`netns ${netnsKey(netns)}`)
}
