import {
  type AttachRequest,
  Backends,
  decodeConfig,
  type Helpers,
  type HostProbe,
  hostNetns,
  layerLedgerSqlite,
  layerVmnet,
  Ledger,
  type LinkOps,
  type MountOps,
  type NatOps,
  type Netns,
  type RequestFlags,
  type Resource,
  resolveRequest,
  type SysctlOps,
  type Vmnet,
  VmnetError
} from "@vmnet/core"
import { bridgeBackend } from "@vmnet/backend-bridge"
import { netnsSlotBackend } from "@vmnet/backend-netns-slot"
import { slirpBackend } from "@vmnet/backend-slirp"
import { tapBackend } from "@vmnet/backend-tap-pool"
import { faultyCalls, faultyHelpers, faultyOps, MemoryKernel, temporaryDirectory } from "@vmnet/testkit"
import { Effect, Layer, Result } from "effect"
import { rmSync } from "node:fs"
import { join } from "node:path"

/** A host in memory, and the directory its ledger is in. */
export interface World {
  readonly kernel: MemoryKernel
  readonly stateDir: string
}

export const box: Netns = { _tag: "Path", path: "/run/netns/box" }

/** An uplink, somebody's bridge, and a container's namespace. */
export const world = Effect.acquireRelease(
  Effect.sync((): World => {
    const kernel = MemoryKernel.make()
    kernel.foreign.link(hostNetns, { link: "eth0", up: true, addresses: ["192.0.2.10/24"] })
    kernel.foreign.route(hostNetns, { destination: "default", link: "eth0", via: "192.0.2.1" })
    kernel.foreign.link(hostNetns, { link: "br0", type: "bridge", up: true, addresses: ["10.0.7.1/24"] })
    kernel.addNetns("/run/netns/box")
    kernel.rootfs.add("/srv/root")
    return { kernel, stateDir: join(temporaryDirectory("drift"), "state") }
  }),
  ({ stateDir }) => Effect.sync(() => rmSync(join(stateDir, ".."), { recursive: true, force: true }))
)

const ledger = (stateDir: string) => layerLedgerSqlite({ stateDir, install: "0123abcd" })
const all = [bridgeBackend, netnsSlotBackend, tapBackend, slirpBackend]
const backends = Backends.layerOf(all)

export type Services = Vmnet | Ledger | Helpers | HostProbe | LinkOps | MountOps | NatOps | SysctlOps

export const layerOf = ({ kernel, stateDir }: World): Layer.Layer<Services> =>
  layerVmnet.pipe(
    Layer.provideMerge(ledger(stateDir)),
    Layer.provideMerge(kernel.layer),
    Layer.provide(backends),
    Layer.orDie,
    Layer.fresh
  )

const faultyLedger = faultyCalls(Ledger, {
  transact: {
    error: (words) => new VmnetError({ code: "LEDGER_FAILED", detail: `${words}: fault injected` }),
    words: (name) => name
  }
})

/** As `layerOf`, with faults at every kernel operation and every transaction. */
export const layerFaulty = ({ kernel, stateDir }: World) =>
  layerVmnet.pipe(
    Layer.provideMerge(faultyLedger(ledger(stateDir))),
    Layer.provideMerge(faultyHelpers(faultyOps(kernel.layer))),
    Layer.provide(backends),
    Layer.orDie
  )

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
