import { type LinkOps, type NatOps, type OpsError, Stay, type SysctlOps } from "@vmnet/core"
import { type ExecServices, layerExec, type ExecOptions } from "@vmnet/ops-exec"
import { Effect, Layer } from "effect"
import { loadLibc, loadLibnftables } from "./ffi/foreign.ts"
import { LinkOpsNetlink } from "./link/LinkOpsNetlink.ts"
import { NatOpsNetfilter } from "./nat/NatOpsNetfilter.ts"
import { Places } from "./netns/Places.ts"
import { SysctlOpsNative } from "./sysctl/SysctlOpsNative.ts"

/** Why operations cannot be done in this process, or `undefined` when they can: every library and function is there. */
export const objectionToNative = (): string | undefined => {
  if (process.platform !== "linux") return "this is not Linux"
  try {
    loadLibc()
    loadLibnftables()
    return undefined
  } catch (cause) {
    return cause instanceof Error ? cause.message : String(cause)
  }
}

const staying = Layer.effect(
  Stay,
  Effect.map(Places, ({ stay }) => stay)
).pipe(Layer.provide(Places.layer))

/** Links, firewall and parameters in this process; programs for the namespaces that it cannot enter. */
export const layerCalls = (options: ExecOptions): Layer.Layer<LinkOps | NatOps | SysctlOps, OpsError, ExecServices> =>
  Layer.mergeAll(LinkOpsNetlink.layer, NatOpsNetfilter.layer(options), SysctlOpsNative.layer, staying)

/** Every operation on the host: what can be is done in this process, all else by the system's programs. */
export const layerNative = (options: ExecOptions): Layer.Layer<ExecServices, OpsError> =>
  Layer.provideMerge(layerCalls(options), layerExec(options))
