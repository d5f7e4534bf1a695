import { Backends, layerLedgerSqlite, layerVmnet, Ledger, VmnetError } from "@vmnet/core"
import { bridgeBackend } from "@vmnet/backend-bridge"
import { faultyCalls, faultyMountOps, faultyOps } from "@vmnet/testkit"
import { Layer } from "effect"
import type { Machine } from "./host.ts"
import { install } from "./memoryHost.ts"

export const faultyLedger = faultyCalls(Ledger, {
  transact: {
    error: (words) => new VmnetError({ code: "LEDGER_FAILED", detail: `${words}: fault injected` }),
    words: (name) => name
  }
})

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
