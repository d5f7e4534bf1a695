import { temporaryDirectory } from "@vmnet/testkit"
import {
  Backends,
  decodeConfig,
  layerLedgerSqlite,
  layerVmnet,
  type ProcessId,
  type RequestFlags,
  resolveRequest,
  type AttachRequest,
  type Ledger,
  type Vmnet
} from "@vmnet/core"
import type { MemoryKernel } from "@vmnet/testkit"
import { Layer, Result } from "effect"
import { join } from "node:path"
import { bridgeBackend } from "@vmnet/backend-bridge"

export const install = "0123abcd"

export const layerMemory = (kernel: MemoryKernel, stateDir: string): Layer.Layer<Vmnet | Ledger> =>
  layerVmnet.pipe(
    Layer.provideMerge(layerLedgerSqlite({ stateDir, install })),
    Layer.provide(kernel.layer),
    Layer.provide(Backends.layerOf([bridgeBackend])),
    Layer.orDie
  )

export const temporaryStateDir = (): string => join(temporaryDirectory("test"), "state")

const noFlags = { publish: [], egress: [] } satisfies Partial<RequestFlags>

/** A request as the command line and a configuration make it. */
export const request = (
  vm: string,
  flags: Partial<RequestFlags> = {},
  config = "",
  findProcess: (pid: number) => ProcessId | null = () => null
): AttachRequest =>
  Result.getOrThrow(
    resolveRequest({
      config: Result.getOrThrow(decodeConfig(config, "config.yaml")),
      flags: { vm, ...noFlags, ...flags },
      defaults: { bridge: bridgeBackend.defaultNetwork },
      facts: { findProcess, resolvers: ["198.51.100.53"] }
    })
  )
