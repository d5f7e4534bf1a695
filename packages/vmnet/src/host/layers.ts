import {
  type Backend,
  Backends,
  type Helpers,
  type HostProbe,
  type HostSurvey,
  InstallId,
  layerLedger,
  layerHostRegister,
  layerVmnet,
  type LinkOps,
  type MountOps,
  type NatOps,
  type OpsError,
  type SysctlOps,
  type Vmnet,
  VmnetError
} from "@vmnet/core"
import { CommandsExeca, HostProbeProc, HostSurveyProc } from "@vmnet/ops-exec"
import { Effect, Layer } from "effect"
import { readFileSync } from "node:fs"
import { builtinBackends } from "./builtinBackends.ts"
import { canonical } from "./canonical.ts"
import { layerOps, type OpsChoice } from "./layerOps.ts"

/** Every operation on a kernel that is not this host's: `MemoryKernel.make()` of `@vmnet/testkit`, or one of your own. */
export interface Kernel {
  readonly layer: Layer.Layer<Helpers | LinkOps | NatOps | SysctlOps | MountOps | HostProbe | HostSurvey, OpsError>
}

export interface HostOptions {
  /** Where leases are recorded; each directory is an install of its own, with marks of its own on kernel objects. */
  readonly stateDir: string
  /** All there are; the built-in ones if absent. */
  readonly backends?: ReadonlyArray<Backend> | undefined
  /** The kernel to work on; this host's if absent. */
  readonly kernel?: Kernel | undefined
  /** How this host's kernel is reached; `auto` if absent. */
  readonly ops?: OpsChoice | undefined
}

const notReady = (error: OpsError): VmnetError =>
  new VmnetError({
    code: error.reason === "ToolMissing" ? "TOOL_MISSING" : "HOST_NOT_CAPABLE",
    detail: error.message,
    cause: error
  })

const ready = <A>(layer: Layer.Layer<A, OpsError | VmnetError>): Layer.Layer<A, VmnetError> =>
  Layer.catchTag(layer, "OpsError", (error) => Layer.effectContext(Effect.fail(notReady(error))))

/** Absent on hosts that were never given one; then the state directory alone tells installs apart. */
const machineId = (): string => {
  try {
    return readFileSync("/etc/machine-id", "utf8").trim()
  } catch {
    return ""
  }
}

const builtin = Backends.layerOf(builtinBackends)

/** What a request is made from, and nothing that opens a ledger: this host, and the built-in backends. */
export const layerHost: Layer.Layer<Backends | HostProbe, VmnetError> = Layer.merge(ready(HostProbeProc.layer), builtin)

/** What looks at this host, and opens no ledger either. */
export const layerSurvey: Layer.Layer<HostSurvey> = Layer.provide(HostSurveyProc.layer, CommandsExeca.layer)

/** What a diagnosis is made from, on this host or on another kernel. */
export const layerDiagnosis = ({
  backends,
  kernel
}: Omit<HostOptions, "stateDir">): Layer.Layer<Backends | HostProbe | HostSurvey, VmnetError> =>
  Layer.merge(
    kernel === undefined ? Layer.merge(ready(HostProbeProc.layer), layerSurvey) : ready(kernel.layer),
    backends === undefined ? builtin : Backends.layerOf(backends)
  )
/**
 * Where all installs on this host meet, whatever their own directories are. Only root changes parameters that others rely
 * on, and only those of this host.
 */
const layerRegister = (kernel: Kernel | undefined): Layer.Layer<never, never, HostProbe> =>
  kernel === undefined && process.geteuid?.() === 0 ? layerHostRegister("/run/vmnet/host") : Layer.empty

/** `Vmnet` with its record in `stateDir`, and what requests to it are made from. */
export const layerVmnetHost = (options: HostOptions): Layer.Layer<Vmnet | Backends | HostProbe, VmnetError> =>
  Layer.unwrap(
    Effect.sync(() => {
      const stateDir = canonical(options.stateDir)
      const install = InstallId.derive(machineId(), stateDir)
      const kernel = ready<Layer.Success<Kernel["layer"]>>(
        options.kernel?.layer ?? layerOps(options.ops ?? "auto", { install, stateDir })
      )
      const backends = options.backends === undefined ? builtin : Backends.layerOf(options.backends)
      return layerVmnet.pipe(
        Layer.provide(layerLedger({ stateDir, install })),
        Layer.provide(layerRegister(options.kernel)),
        Layer.provideMerge(Layer.merge(kernel, backends))
      )
    })
  )
