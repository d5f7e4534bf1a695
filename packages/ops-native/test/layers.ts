import { layerExec } from "@vmnet/ops-exec"
import { LinkOpsNetlink, SysctlOpsNative } from "@vmnet/ops-native"
import { Layer } from "effect"

export const install = "0a1b2c3d"

/** Everything by way of programs, which is what there is for namespaces this process cannot enter. */
export const programs = layerExec({ install })

/** Links and parameters in this process. */
export const inProcess = Layer.merge(LinkOpsNetlink.layer, SysctlOpsNative.layer).pipe(Layer.provide(programs))
