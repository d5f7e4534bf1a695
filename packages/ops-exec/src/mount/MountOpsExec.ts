import { Commands, MountOps, type ResolverMount, resolverPath } from "@vmnet/core"
import { type Attempt } from "@vmnet/ops-common"
import { Effect, Layer } from "effect"
import { attach } from "./attach.ts"
import { Held } from "./beneath.ts"
import { detach } from "./detach.ts"
import { findMount } from "./findMount.ts"
import { toOpsError } from "./Refused.ts"
import { listMounts } from "./listMounts.ts"
import { inspectRootfs } from "./rootfs.ts"

const attemptOf = (verb: string, mount: ResolverMount): Attempt => ({
  family: "mount",
  action: `${verb} ${JSON.stringify(resolverPath(mount))}`
})

const inspect = (path: string) => {
  const held = new Held()
  try {
    return inspectRootfs(held, path)
  } finally {
    held.close()
  }
}

const make = Effect.gen(function* () {
  const commands = yield* Commands
  return MountOps.of({
    rootfs: Effect.fn("MountOps.rootfs")((path: string) =>
      Effect.try({
        try: () => inspect(path),
        catch: toOpsError({ family: "mount", action: `look at ${JSON.stringify(path)}` })
      })
    ),
    mount: Effect.fn("MountOps.mount")((mount: ResolverMount) => attach(commands, attemptOf("mount", mount), mount)),
    find: Effect.fn("MountOps.find")((mount: ResolverMount) =>
      Effect.try({ try: () => findMount(mount), catch: toOpsError(attemptOf("look up", mount)) })
    ),
    list: Effect.fn("MountOps.list")((directory: string) =>
      Effect.try({
        try: () => listMounts(directory),
        catch: toOpsError({ family: "mount", action: `list mounts from ${JSON.stringify(directory)}` })
      })
    ),
    unmount: Effect.fn("MountOps.unmount")((mount: ResolverMount) =>
      detach(commands, attemptOf("unmount", mount), mount)
    )
  })
})

/** `MountOps` over mount(8), umount(8) and `/proc/self/mountinfo`. */
export const MountOpsExec: { readonly layer: Layer.Layer<MountOps, never, Commands> } = {
  layer: Layer.effect(MountOps, make)
}
