import { Backends, hostNetns, layerLedgerSqlite, layerVmnet, SysctlOps, type SysctlKey, Vmnet } from "@vmnet/core"
import { bridgeBackend } from "@vmnet/backend-bridge"
import { MemoryKernel, temporaryDirectory } from "@vmnet/testkit"
import { Effect, Layer } from "effect"
import { rmSync } from "node:fs"
import { join } from "node:path"
import { install } from "./memoryHost.ts"

/** A machine in memory and the directory its ledger is in. */
export interface Machine {
  readonly kernel: MemoryKernel
  readonly stateDir: string
}

export const forwardingOf = (device: string): SysctlKey => ["net", "ipv4", "conf", device, "forwarding"]
export const ipForward: SysctlKey = ["net", "ipv4", "ip_forward"]

/**
 * A host as people have them: an uplink with the default route, a second interface that forwards although the host does
 * not, and a bridge of somebody else. Its state directory is gone with the scope.
 */
export const machine = Effect.acquireRelease(
  Effect.suspend(() => {
    const kernel = MemoryKernel.make()
    kernel.foreign.link(hostNetns, { link: "eth0", up: true, addresses: ["192.0.2.10/24"] })
    kernel.foreign.route(hostNetns, { destination: "default", link: "eth0", via: "192.0.2.1" })
    kernel.foreign.link(hostNetns, { link: "eth1", up: true, addresses: ["203.0.113.10/24"] })
    kernel.foreign.link(hostNetns, { link: "docker0", type: "bridge", up: true, addresses: ["172.17.0.1/16"] })
    const directory = temporaryDirectory("bridge")
    return SysctlOps.use((ops) => ops.write(hostNetns, forwardingOf("eth1"), "1")).pipe(
      Effect.provide(kernel.layer),
      Effect.as({ kernel, stateDir: join(directory, "state") })
    )
  }),
  ({ stateDir }) => Effect.sync(() => rmSync(join(stateDir, ".."), { recursive: true, force: true }))
)

/** The service and all it stands on, over a machine. */
export const layerMachine = ({ kernel, stateDir }: Machine) =>
  layerVmnet.pipe(
    Layer.provideMerge(layerLedgerSqlite({ stateDir, install })),
    Layer.provideMerge(kernel.layer),
    Layer.provide(Backends.layerOf([bridgeBackend])),
    Layer.orDie,
    // Layers are shared by reference: another machine has a service of its own.
    Layer.fresh
  )

type Services = Layer.Success<ReturnType<typeof layerMachine>>

/** Runs `work` on a machine of its own with the service on it. */
export const onMachine = <A, E>(work: (machine: Machine) => Effect.Effect<A, E, Services>) =>
  Effect.scoped(Effect.flatMap(machine, (made) => Effect.provide(work(made), layerMachine(made))))

export const sysctl = (key: SysctlKey) => SysctlOps.use((ops) => ops.read(hostNetns, key))

/** As somebody else on the host writes it. */
export const writeSysctl = (key: SysctlKey, value: string) => SysctlOps.use((ops) => ops.write(hostNetns, key, value))

/** The bridge of the first network in use. */
export const bridgeDevice = Vmnet.use((vmnet) =>
  Effect.map(vmnet.networks({ config: [], default: [] }), ([network]) => network!.device!)
)
