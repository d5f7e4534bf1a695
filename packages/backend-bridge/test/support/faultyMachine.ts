import { Backends, layerLedgerSqlite, layerVmnet } from "@vmnet/core"
import { bridgeBackend } from "@vmnet/backend-bridge"
import { faultyMountOps, faultyOps } from "@vmnet/testkit"
import { faultyLedger } from "@vmnet/testkit/conformance"
import { Layer } from "effect"
import type { Machine } from "./host.ts"
import { install } from "./memoryHost.ts"

/** As `layerMachine`, with faults at every kernel operation and every transaction. */
export const layerFaultyMachine = ({ kernel, stateDir }: Machine) => {
  const host = faultyMountOps(faultyOps(kernel.layer))
  const ledger = faultyLedger(layerLedgerSqlite({ stateDir, install }))
  return layerVmnet.pipe(
    Layer.provideMerge(ledger),
    Layer.provideMerge(host),
    Layer.provide(Backends.layerOf([bridgeBackend])),
    Layer.orDie
  )
}
