import { type Backend, Backends, layerLedgerSqlite, layerVmnet, Ledger, type Vmnet, VmnetError } from "@vmnet/core"
import { Layer } from "effect"
import { faultyCalls } from "../../faults/faultyCalls.ts"
import { faultyHelpers } from "../../faults/faultyHelpers.ts"
import { faultyMountOps } from "../../faults/faultyMountOps.ts"
import { faultyOps } from "../../faults/faultyOps.ts"
import { PrivateHost } from "../../host/PrivateHost.ts"

/** Every operation on the host that the service asks for: `layerExec({ install })` gives them. */
export type HostOps = Exclude<Layer.Services<typeof layerVmnet>, Backends | Ledger>

export type Service = Vmnet | Ledger | HostOps

export interface ServiceOptions {
  readonly install: string
  /** Made once: layers are shared by reference. */
  readonly ops: Layer.Layer<HostOps, unknown>
  readonly backends: ReadonlyArray<Backend>
}

/** Where the service under test keeps its ledger: snapshots look here too. */
export const stateDir = "/run/vmnet/layers"

/** The service on the real kernel of this (private) namespace, and what it stands on. */
export const layerService = ({ install, ops, backends }: ServiceOptions): Layer.Layer<Service> =>
  layerVmnet.pipe(
    Layer.provideMerge(layerLedgerSqlite({ stateDir, install })),
    Layer.provide(Backends.layerOf(backends)),
    Layer.provideMerge(ops),
    Layer.orDie
  )

/** The service on a host of its own, whose uplink has a second address, 192.0.2.11. */
export const layerOnPrivateHost = (options: ServiceOptions): Layer.Layer<Service | PrivateHost> => {
  const extraAddresses = ["192.0.2.11/24"]
  const uplink = { name: "eth0", address: "192.0.2.10/24", gateway: "192.0.2.1", extraAddresses }
  return Layer.provideMerge(layerService(options), Layer.orDie(PrivateHost.layer({ uplinks: [uplink] })))
}

/** Every transaction of the ledger may fail. */
export const faultyLedger = faultyCalls(Ledger, {
  transact: {
    error: (words) => new VmnetError({ code: "LEDGER_FAILED", detail: `${words}: fault injected` }),
    words: (name) => name
  }
})

/** As `layerService`, with faults at every kernel operation and every transaction. */
export const layerFaultyService = ({ install, ops, backends }: ServiceOptions) =>
  layerVmnet.pipe(
    Layer.provideMerge(faultyLedger(layerLedgerSqlite({ stateDir, install }))),
    Layer.provideMerge(faultyHelpers(faultyMountOps(faultyOps(ops)))),
    Layer.provide(Backends.layerOf(backends)),
    Layer.orDie
  )
