import { tapBackend } from "@vmnet/backend-tap-pool"
import { hostNetns } from "@vmnet/core"
import { faultyOps } from "@vmnet/testkit"
import { faultyServiceIn, type MemoryMachine, memoryMachine, serviceIn } from "@vmnet/testkit/conformance"
import { Effect, type Layer } from "effect"

export type Machine = MemoryMachine

/** A host with an uplink and a bridge of somebody else's. Its state directory is gone with the scope. */
export const machine = memoryMachine("tap", ({ foreign }) =>
  foreign.link(hostNetns, { link: "br0", type: "bridge", up: true, addresses: ["10.0.7.1/24"] })
)

/** The service and all it stands on, over a machine. */
export const layerMachine = serviceIn([tapBackend])

type Services = Layer.Success<ReturnType<typeof layerMachine>>

/** Runs `work` on a machine of its own with the service on it. */
export const onMachine = <A, E>(work: (machine: Machine) => Effect.Effect<A, E, Services>) =>
  Effect.scoped(Effect.flatMap(machine, (made) => Effect.provide(work(made), layerMachine(made))))

/** As `layerMachine`, with faults at every kernel operation and every transaction. */
export const layerFaultyMachine = faultyServiceIn([tapBackend], faultyOps)
