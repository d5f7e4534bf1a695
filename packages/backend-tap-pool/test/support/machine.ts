import { tapBackend } from "@vmnet/backend-tap-pool"
import { Backends, hostNetns, layerLedgerSqlite, layerVmnet, Ledger, VmnetError } from "@vmnet/core"
import { faultyCalls, faultyOps, MemoryKernel, temporaryDirectory } from "@vmnet/testkit"
import { Effect, Layer } from "effect"
import { rmSync } from "node:fs"
import { join } from "node:path"
import { install } from "./request.ts"

/** A machine in memory and the directory its ledger is in. */
export interface Machine {
  readonly kernel: MemoryKernel
  readonly stateDir: string
}

/** A host with an uplink and a bridge of somebody else's. Its state directory is gone with the scope. */
export const machine = Effect.acquireRelease(
  Effect.sync((): Machine => {
    const kernel = MemoryKernel.make()
    kernel.foreign.link(hostNetns, { link: "eth0", up: true, addresses: ["192.0.2.10/24"] })
    kernel.foreign.route(hostNetns, { destination: "default", link: "eth0", via: "192.0.2.1" })
    kernel.foreign.link(hostNetns, { link: "br0", type: "bridge", up: true, addresses: ["10.0.7.1/24"] })
    return { kernel, stateDir: join(temporaryDirectory("tap"), "state") }
  }),
  ({ stateDir }) => Effect.sync(() => rmSync(join(stateDir, ".."), { recursive: true, force: true }))
)

const backends = Backends.layerOf([tapBackend])

/** The service and all it stands on, over a machine. */
export const layerMachine = ({ kernel, stateDir }: Machine) =>
  layerVmnet.pipe(
    Layer.provideMerge(layerLedgerSqlite({ stateDir, install })),
    Layer.provideMerge(kernel.layer),
    Layer.provide(backends),
    Layer.orDie,
    // Layers are shared by reference: another machine has a service of its own.
    Layer.fresh
  )

type Services = Layer.Success<ReturnType<typeof layerMachine>>

/** Runs `work` on a machine of its own with the service on it. */
export const onMachine = <A, E>(work: (machine: Machine) => Effect.Effect<A, E, Services>) =>
  Effect.scoped(Effect.flatMap(machine, (made) => Effect.provide(work(made), layerMachine(made))))

const faultyLedger = faultyCalls(Ledger, {
  transact: {
    error: (words) => new VmnetError({ code: "LEDGER_FAILED", detail: `${words}: fault injected` }),
    words: (name) => name
  }
})

/** As `layerMachine`, with faults at every kernel operation and every transaction. */
export const layerFaultyMachine = ({ kernel, stateDir }: Machine) =>
  layerVmnet.pipe(
    Layer.provideMerge(faultyLedger(layerLedgerSqlite({ stateDir, install }))),
    Layer.provideMerge(faultyOps(kernel.layer)),
    Layer.provide(backends),
    Layer.orDie
  )
