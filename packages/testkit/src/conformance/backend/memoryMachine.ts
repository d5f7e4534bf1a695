import { type Backend, Backends, hostNetns, layerLedgerSqlite, layerVmnet } from "@vmnet/core"
import { Effect, Layer } from "effect"
import { rmSync } from "node:fs"
import { join } from "node:path"
import type { Faults } from "../../faults/Faults.ts"
import { MemoryKernel } from "../../memory/MemoryKernel.ts"
import { temporaryDirectory } from "../../memory/temporaryDirectory.ts"
import { faultyLedger } from "./services.ts"
import { suiteInstall } from "./suiteOn.ts"

/** A machine in memory and the directory its ledger is in, which is not there yet. */
export interface MemoryMachine {
  readonly kernel: MemoryKernel
  readonly stateDir: string
}

/** An uplink with the default route, and what `equip` adds to that. The ledger is gone with the scope. */
export const memoryMachine = (purpose: string, equip: (kernel: MemoryKernel) => void = () => undefined) =>
  Effect.acquireRelease(
    Effect.sync((): MemoryMachine => {
      const kernel = MemoryKernel.make()
      kernel.foreign.link(hostNetns, { link: "eth0", up: true, addresses: ["192.0.2.10/24"] })
      kernel.foreign.route(hostNetns, { destination: "default", link: "eth0", via: "192.0.2.1" })
      equip(kernel)
      return { kernel, stateDir: join(temporaryDirectory(purpose), "state") }
    }),
    ({ stateDir }) => Effect.sync(() => rmSync(join(stateDir, ".."), { recursive: true, force: true }))
  )

const ledgerOf = ({ stateDir }: MemoryMachine) => layerLedgerSqlite({ stateDir, install: suiteInstall })

/** The service and all it stands on, over a machine: a new one each time, as another process has one. */
export const serviceIn = (backends: ReadonlyArray<Backend>) => (machine: MemoryMachine) =>
  layerVmnet.pipe(
    Layer.provideMerge(ledgerOf(machine)),
    Layer.provideMerge(machine.kernel.layer),
    Layer.provide(Backends.layerOf(backends)),
    Layer.orDie,
    Layer.fresh
  )

type KernelLayer = MemoryKernel["layer"]

/** The same with faults at every transaction, and at the operations that `faulty` decorates: `faultyOps`, ... */
export const faultyServiceIn =
  (
    backends: ReadonlyArray<Backend>,
    faulty: (kernel: KernelLayer) => Layer.Layer<Layer.Success<KernelLayer>, never, Faults>
  ) =>
  (machine: MemoryMachine) =>
    layerVmnet.pipe(
      Layer.provideMerge(faultyLedger(ledgerOf(machine))),
      Layer.provideMerge(faulty(machine.kernel.layer)),
      Layer.provide(Backends.layerOf(backends)),
      Layer.orDie
    )
