import { SysctlOps, formatSysctlKey, netnsKey } from "@vmnet/core"
import { operation } from "./Refusal.ts"
import type { World } from "./World.ts"

/** `SysctlOps` over the in-memory world. */
export const memorySysctlOps = (world: World): SysctlOps["Service"] =>
  SysctlOps.of({
    read: (netns, key) =>
      operation({ family: "sysctl", action: `read ${formatSysctlKey(key)}` }, () =>
        world.resolve(netns).sysctls.read(key)
      ),
    write: (netns, key, value) =>
      operation({ family: "sysctl", action: `write ${formatSysctlKey(key)}` }, () => {
        world.checkPermission()
        world.resolve(netns).sysctls.write(key, value)
      }),
    forwarding: (netns) =>
      operation({ family: "sysctl", action: `read forwarding of ${netnsKey(netns)}` }, () =>
        world.resolve(netns).sysctls.forwarding()
      )
  })
