import type { Commands, HostProbe, LinkOps, MountOps, NatOps, OpsError, SysctlOps } from "@vmnet/core"
import { Layer } from "effect"
import { CommandsExeca } from "./commands/CommandsExeca.ts"
import { LinkOpsIp } from "./link/LinkOpsIp.ts"
import { MountOpsExec } from "./mount/MountOpsExec.ts"
import { NatOpsNft, type NatOpsNftOptions } from "./nat/NatOpsNft.ts"
import { HostProbeProc } from "./probe/HostProbeProc.ts"
import { SysctlOpsProc } from "./sysctl/SysctlOpsProc.ts"

export type ExecServices = Commands | LinkOps | NatOps | SysctlOps | MountOps | HostProbe

/**
 * Every operation on the host through the system's own programs, `ip`, `nft` and `mount`, and `/proc`. Call it once and keep the
 * layer: layers are shared by reference.
 */
export const layerExec = (options: NatOpsNftOptions): Layer.Layer<ExecServices, OpsError> =>
  Layer.mergeAll(
    LinkOpsIp.layer,
    NatOpsNft.layer(options),
    SysctlOpsProc.layer,
    MountOpsExec.layer,
    HostProbeProc.layer
  ).pipe(Layer.provideMerge(CommandsExeca.layer))
