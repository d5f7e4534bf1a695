import { MountOps, OpsError, type ResolverMount, resolverPath } from "@vmnet/core"
import { faultyCalls } from "./faultyCalls.ts"

const error = (action: string): OpsError =>
  new OpsError({ family: "mount", reason: "Failed", action, output: "fault injected" })

const words = (mount: ResolverMount): string => resolverPath(mount)

/** Each call is a single change, or a question. */
export const faultyMountOps = faultyCalls(MountOps, {
  rootfs: { error, words: (path) => path, steps: () => 0 },
  mount: { error, words },
  find: { error, words, steps: () => 0 },
  unmount: { error, words },
  list: { error, words: (directory) => directory, steps: () => 0 }
})
