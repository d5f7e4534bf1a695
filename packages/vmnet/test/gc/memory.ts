import { bridgeBackend } from "@vmnet/backend-bridge"
import { netnsSlotBackend } from "@vmnet/backend-netns-slot"
import { slirpBackend } from "@vmnet/backend-slirp"
import { tapBackend } from "@vmnet/backend-tap-pool"
import {
  type AttachRequest,
  Backends,
  decodeConfig,
  describeLinkChange,
  type HostProbe,
  layerLedgerSqlite,
  layerVmnet,
  type Ledger,
  LinkOps,
  OpsError,
  type ProcessId,
  type RequestFlags,
  resolveRequest,
  type Vmnet
} from "@vmnet/core"
import type { MemoryKernel } from "@vmnet/testkit"
import { type MemoryMachine, memoryMachine } from "@vmnet/testkit/conformance"
import { Effect, Layer, Result } from "effect"

export const install = "0123abcd"

export const backends = [bridgeBackend, netnsSlotBackend, tapBackend, slirpBackend]

export const kinds = ["bridge", "netns", "tap", "slirp"] as const

/** A request as the command line and a configuration make it. */
export const request = (
  vm: string,
  flags: Partial<RequestFlags> = {},
  owner: ProcessId | null = null,
  config = ""
): AttachRequest =>
  Result.getOrThrow(
    resolveRequest({
      config: Result.getOrThrow(decodeConfig(config, "config.yaml")),
      flags: { vm, publish: [], egress: [], ...flags, ...(owner === null ? {} : { ownerPid: `${owner.pid}` }) },
      defaults: Object.fromEntries(backends.map((backend) => [backend.kind, backend.defaultNetwork])),
      facts: { findProcess: () => owner, resolvers: ["198.51.100.53"] }
    })
  )

export type Machine = MemoryMachine

/** A host in memory with an uplink. Its state directory is gone with the scope. */
export const machine = memoryMachine("gc")

/** The service over a machine, by whatever `through` the kernel is seen. */
export const services = (
  { kernel, stateDir }: Machine,
  through: (layer: MemoryKernel["layer"]) => MemoryKernel["layer"] = (layer) => layer
): Layer.Layer<Vmnet | Ledger | HostProbe> =>
  layerVmnet.pipe(
    Layer.provideMerge(layerLedgerSqlite({ stateDir, install })),
    Layer.provideMerge(through(kernel.layer)),
    Layer.provide(Backends.layerOf(backends)),
    Layer.orDie,
    Layer.fresh
  )

/** A kernel that does not let go of some links. */
export const stubborn =
  (links: ReadonlySet<string>) =>
  (layer: MemoryKernel["layer"]): MemoryKernel["layer"] =>
    Layer.effect(
      LinkOps,
      Effect.map(LinkOps, (ops) => ({
        ...ops,
        apply: (netns, changes) => {
          const stuck = changes.find((change) => change._tag === "DeleteLink" && links.has(change.link))
          return stuck === undefined ? ops.apply(netns, changes) : Effect.fail(busy(describeLinkChange(stuck)))
        }
      }))
    ).pipe(Layer.provideMerge(layer))

const busy = (action: string) => new OpsError({ family: "link", reason: "Busy", action, output: "it stays" })

/** Runs `work` on a machine of its own. */
export const onMachine = <A, E>(work: (machine: Machine) => Effect.Effect<A, E, Vmnet | Ledger | HostProbe>) =>
  Effect.scoped(Effect.flatMap(machine, (made) => Effect.provide(work(made), services(made))))
