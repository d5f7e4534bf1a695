import {
  type AttachRequest,
  decodeConfig,
  type Helpers,
  type HostProbe,
  hostNetns,
  Ledger,
  type LinkOps,
  type MountOps,
  type NatOps,
  type Netns,
  type RequestFlags,
  type Resource,
  resolveRequest,
  type SysctlOps,
  type Vmnet
} from "@vmnet/core"
import { bridgeBackend } from "@vmnet/backend-bridge"
import { netnsSlotBackend } from "@vmnet/backend-netns-slot"
import { slirpBackend } from "@vmnet/backend-slirp"
import { tapBackend } from "@vmnet/backend-tap-pool"
import { faultyHelpers, faultyOps } from "@vmnet/testkit"
import { faultyServiceIn, type MemoryMachine, memoryMachine, serviceIn } from "@vmnet/testkit/conformance"
import { Effect, type Layer, Result } from "effect"

export type World = MemoryMachine

export const box: Netns = { _tag: "Path", path: "/run/netns/box" }

/** An uplink, somebody's bridge, and a container's namespace. */
export const world = memoryMachine("drift", (kernel) => {
  kernel.foreign.link(hostNetns, { link: "br0", type: "bridge", up: true, addresses: ["10.0.7.1/24"] })
  kernel.addNetns("/run/netns/box")
  kernel.rootfs.add("/srv/root")
})

const all = [bridgeBackend, netnsSlotBackend, tapBackend, slirpBackend]

export type Services = Vmnet | Ledger | Helpers | HostProbe | LinkOps | MountOps | NatOps | SysctlOps

export const layerOf: (world: World) => Layer.Layer<Services> = serviceIn(all)

/** As `layerOf`, with faults at every kernel operation and every transaction. */
export const layerFaulty = faultyServiceIn(all, (kernel) => faultyHelpers(faultyOps(kernel)))

export const onWorld = <A, E>(work: (made: World) => Effect.Effect<A, E, Services>) =>
  Effect.scoped(Effect.flatMap(world, (made) => Effect.provide(work(made), layerOf(made))))

const config = "networks: { shared: { backend: tap, bridge: br0, subnet: 10.0.7.0/24, gateway: 10.0.7.1 } }"

export const request = (
  vm: string,
  flags: Partial<RequestFlags> = {},
  changes: Partial<AttachRequest> = {}
): AttachRequest => ({
  ...Result.getOrThrow(
    resolveRequest({
      config: Result.getOrThrow(decodeConfig(config, "config.yaml")),
      flags: { vm, publish: ["8080:80"], egress: [], ...flags },
      defaults: Object.fromEntries(all.map(({ defaultNetwork, kind }) => [kind, defaultNetwork])),
      facts: { findProcess: () => null, resolvers: ["198.51.100.53"] }
    })
  ),
  ...changes
})

/** A row of the ledger as the tests want it: the resource, and under whose tag. */
export interface Row {
  readonly subject: string
  readonly owner: string
  readonly resource: Resource
}

export const rows = Effect.flatMap(Ledger, (service) =>
  service.rehearse("look at all resources", (tx) =>
    tx
      .all<{ subject: string; owner: string; resource: string }>(
        "SELECT subject, owner, resource FROM resources ORDER BY subject, seq"
      )
      .map((row): Row => Object.assign(row, { resource: JSON.parse(row.resource) }))
  )
)

/** States of all rows: after a repair, however it went, none is in the middle of one. */
export const states = Effect.flatMap(Ledger, (service) =>
  service.rehearse("look at all states", (tx) =>
    tx.all<{ subject: string; key: string; state: string }>(
      "SELECT subject, key, state FROM resources ORDER BY subject, seq"
    )
  )
)

/** The whole host; processes go by what they do, since one that is started again is another. */
export const picture = ({ kernel }: World) => {
  // Where the plan names no MAC the kernel makes one up, another each time.
  const unnamed = (one: unknown): unknown =>
    JSON.parse(JSON.stringify(one).replaceAll(/"0[6a]:00:00:[0-9a-f:]+"/g, '"any"'))
  const helpers = kernel.host.helpers()
  const pids = Object.entries(helpers).map(
    ([id, { process }]) => [`pid ${process.pid}/${process.startTime}`, id] as const
  )
  return {
    kernel: Object.fromEntries(
      Object.entries(kernel.snapshot()).map(([key, one]) => [
        pids.find(([pid]) => pid === key)?.[1] ?? key,
        unnamed(one)
      ])
    ),
    helpers: Object.fromEntries(Object.entries(helpers).map(([id, { forwards }]) => [id, forwards])),
    alive: Object.fromEntries(Object.entries(helpers).map(([id, { process }]) => [id, kernel.host.alive(process)])),
    mounts: kernel.rootfs.view().mounts.toSorted()
  }
}
