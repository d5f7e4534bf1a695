import type {
  Commands,
  Helpers,
  HostProbe,
  HostSurvey,
  LinkOps,
  MountOps,
  NatOps,
  OpsError,
  SysctlOps
} from "@vmnet/core"
import { Layer } from "effect"
import { CommandsExeca } from "./commands/CommandsExeca.ts"
import { HelpersProc } from "./helpers/HelpersProc.ts"
import { LinkOpsIp } from "./link/LinkOpsIp.ts"
import { MountOpsExec } from "./mount/MountOpsExec.ts"
import { NatOpsNft, type NatOpsNftOptions } from "./nat/NatOpsNft.ts"
import { HostProbeProc } from "./probe/HostProbeProc.ts"
import { HostSurveyProc } from "./survey/HostSurveyProc.ts"
import { SysctlOpsProc } from "./sysctl/SysctlOpsProc.ts"

export type ExecServices = Commands | Helpers | LinkOps | NatOps | SysctlOps | MountOps | HostProbe | HostSurvey

export interface ExecOptions extends NatOpsNftOptions {
  /** Where the helpers of user-mode networks have their records and sockets. Default `/run/vmnet`, for root only. */
  readonly stateDir?: string
}

/**
 * Every operation on the host through the system's own programs, `ip`, `nft` and `mount`, and `/proc`. Call it once and keep the
 * layer: layers are shared by reference.
 */
export const layerExec = ({ stateDir = "/run/vmnet", ...options }: ExecOptions): Layer.Layer<ExecServices, OpsError> =>
  Layer.mergeAll(
    LinkOpsIp.layer,
    NatOpsNft.layer(options),
    SysctlOpsProc.layer,
    MountOpsExec.layer,
    HostProbeProc.layer,
    HostSurveyProc.layer,
    HelpersProc.layer({ stateDir })
  ).pipe(Layer.provideMerge(CommandsExeca.layer))
