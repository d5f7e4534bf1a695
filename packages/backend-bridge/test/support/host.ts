import { hostNetns, SysctlOps, type SysctlKey, Vmnet } from "@vmnet/core"
import { bridgeBackend } from "@vmnet/backend-bridge"
import { type MemoryMachine, memoryMachine, serviceIn } from "@vmnet/testkit/conformance"
import { Effect, type Layer } from "effect"

export type Machine = MemoryMachine

export const forwardingOf = (device: string): SysctlKey => ["net", "ipv4", "conf", device, "forwarding"]
export const ipForward: SysctlKey = ["net", "ipv4", "ip_forward"]

/**
 * A host as people have them: an uplink with the default route, a second interface that forwards although the host does
 * not, and a bridge of somebody else. Its state directory is gone with the scope.
 */
export const machine = memoryMachine("bridge", ({ foreign }) => {
  foreign.link(hostNetns, { link: "eth1", up: true, addresses: ["203.0.113.10/24"] })
  foreign.link(hostNetns, { link: "docker0", type: "bridge", up: true, addresses: ["172.17.0.1/16"] })
}).pipe(
  Effect.tap(({ kernel }) =>
    SysctlOps.use((ops) => ops.write(hostNetns, forwardingOf("eth1"), "1")).pipe(Effect.provide(kernel.layer))
  )
)

/** The service and all it stands on, over a machine. */
export const layerMachine = serviceIn([bridgeBackend])

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
