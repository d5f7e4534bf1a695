import { bridgeBackend } from "@vmnet/backend-bridge"
import { slirpBackend } from "@vmnet/backend-slirp"
import { Backends, InstallId, layerLedgerSqlite, layerVmnet, type OpsError, VmnetError } from "@vmnet/core"
import { HostProbeProc, layerExec } from "@vmnet/ops-exec"
import { Effect, Layer } from "effect"
import { readFileSync } from "node:fs"
import type { EngineOptions } from "./Engine.ts"
import { canonical } from "./live/canonical.ts"

/** The backends of this program. One more is one more line here. */
const backends = Backends.layerOf([bridgeBackend, slirpBackend])

const notReady = (error: OpsError): VmnetError =>
  new VmnetError({
    code: error.reason === "ToolMissing" ? "TOOL_MISSING" : "HOST_NOT_CAPABLE",
    detail: error.message,
    cause: error
  })

const ready = <A>(layer: Layer.Layer<A, OpsError>): Layer.Layer<A, VmnetError> =>
  Layer.catchTag(layer, "OpsError", (error) => Layer.effectContext(Effect.fail(notReady(error))))

/** Absent on hosts that were never given one; then the state directory alone tells installs apart. */
const machineId = (): string => {
  try {
    return readFileSync("/etc/machine-id", "utf8").trim()
  } catch {
    return ""
  }
}

/** What a request is made from, and nothing that opens a ledger. */
export const host = Layer.merge(ready(HostProbeProc.layer), backends)

/** `Vmnet` on this host, its record in `stateDir`. */
export const vmnet = (options: EngineOptions) => {
  const stateDir = canonical(options.stateDir)
  const install = InstallId.derive(machineId(), stateDir)
  return layerVmnet.pipe(
    Layer.provide(layerLedgerSqlite({ stateDir, install })),
    Layer.provide(Layer.merge(ready(layerExec({ install, stateDir })), backends))
  )
}
