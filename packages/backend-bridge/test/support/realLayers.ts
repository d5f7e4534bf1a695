import { bridgeBackend } from "@vmnet/backend-bridge"
import {
  Backends,
  type HostProbe,
  layerLedgerSqlite,
  layerVmnet,
  type Ledger,
  type LinkOps,
  type NatOps,
  type SysctlOps,
  type Vmnet
} from "@vmnet/core"
import { stateDir } from "@vmnet/testkit/conformance"
import { layerExec } from "@vmnet/ops-exec"
import { Layer } from "effect"
import { install } from "./memoryHost.ts"

/** Every operation on the real kernel. */
export const exec = Layer.orDie(layerExec({ install }))

export type Real = Vmnet | Ledger | LinkOps | NatOps | SysctlOps | HostProbe

/** The service on the real kernel of this (private) namespace, and what it stands on. */
export const layerReal: Layer.Layer<Real> = layerVmnet.pipe(
  Layer.provideMerge(layerLedgerSqlite({ stateDir, install })),
  Layer.provide(Backends.layerOf([bridgeBackend])),
  Layer.provideMerge(exec),
  Layer.orDie
)
