import { MountOps, resolverPath } from "@vmnet/core"
import { operation } from "./Refusal.ts"
import type { World } from "./World.ts"

/** `MountOps` over the in-memory world. */
export const memoryMountOps = (world: World): MountOps["Service"] =>
  MountOps.of({
    rootfs: (path) => operation({ family: "mount", action: `look at ${path}` }, () => world.mounts.look(path)),
    mount: (mount) =>
      operation({ family: "mount", action: `mount ${resolverPath(mount)}` }, () => {
        world.checkPermission()
        world.mounts.mount(mount)
      }),
    list: (directory) =>
      operation({ family: "mount", action: `list mounts from ${directory}` }, () => world.mounts.listFrom(directory)),
    find: (mount) =>
      operation({ family: "mount", action: `look up ${resolverPath(mount)}` }, () => world.mounts.find(mount)),
    unmount: (mount) =>
      operation({ family: "mount", action: `unmount ${resolverPath(mount)}` }, () => {
        world.checkPermission()
        world.mounts.unmount(mount)
      })
  })
