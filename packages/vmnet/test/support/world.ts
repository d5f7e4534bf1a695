import {
  type AttachRequest,
  Backends,
  decodeConfig,
  hostNetns,
  layerHostRegister,
  layerLedgerSqlite,
  layerVmnet,
  NatOps,
  type ProcessId,
  type RequestFlags,
  resolveRequest
} from "@vmnet/core"
import { faultyOps, MemoryKernel, temporaryDirectory } from "@vmnet/testkit"
import { faultyLedger } from "@vmnet/testkit/conformance"
import { Effect, Layer, Result } from "effect"
import { rmSync } from "node:fs"
import { join } from "node:path"
import { builtinBackends } from "../../src/host/builtinBackends.ts"

/** A machine in memory, and where its installs have their ledgers. */
export interface World {
  readonly kernel: MemoryKernel
  readonly directory: string
  /** The firewall in memory has the tables of one install: each has a machine of its own for those. */
  readonly tables: Map<string, MemoryKernel>
}

/** What every boot finds: an uplink with the default route. */
export const plugIn = ({ foreign }: MemoryKernel): void => {
  foreign.link(hostNetns, { link: "eth0", up: true, addresses: ["192.0.2.10/24"] })
  foreign.route(hostNetns, { destination: "default", link: "eth0", via: "192.0.2.1" })
}

export const world = Effect.acquireRelease(
  Effect.sync((): World => {
    const kernel = MemoryKernel.make()
    plugIn(kernel)
    return { kernel, directory: temporaryDirectory("lives"), tables: new Map() }
  }),
  ({ directory }) => Effect.sync(() => rmSync(directory, { recursive: true, force: true }))
)

const tablesOf = ({ kernel, tables }: World, install: string): MemoryKernel => {
  const known = tables.get(install) ?? (tables.size === 0 ? kernel : MemoryKernel.make())
  tables.set(install, known)
  return known
}

const natOf = (world: World, install: string) =>
  Layer.effect(NatOps, Effect.service(NatOps)).pipe(Layer.provide(tablesOf(world, install).layer))

/** The machine as an install sees it. */
const kernelOf = (world: World, install: string) => Layer.merge(world.kernel.layer, natOf(world, install))

const ledgerOf = ({ directory }: World, install: string) =>
  layerLedgerSqlite({ stateDir: join(directory, install), install })

const host = (world: World) =>
  Layer.merge(layerHostRegister(join(world.directory, "host")), Backends.layerOf(builtinBackends))

/** One install: the service with all its backends, opened anew each time. It knows of the others. */
export const layerInstall = (world: World, install = "0123abcd") =>
  layerVmnet.pipe(
    Layer.provideMerge(ledgerOf(world, install)),
    Layer.provide(host(world)),
    Layer.provideMerge(kernelOf(world, install)),
    Layer.orDie,
    Layer.fresh
  )

/** The same with faults at every kernel operation and every transaction of its own record. */
export const layerFaultyInstall = (world: World, install: string) =>
  layerVmnet.pipe(
    Layer.provideMerge(faultyLedger(ledgerOf(world, install))),
    Layer.provide(host(world)),
    Layer.provideMerge(faultyOps(kernelOf(world, install))),
    Layer.orDie
  )

export type Install = Layer.Success<ReturnType<typeof layerInstall>>

const defaults = Object.fromEntries(builtinBackends.map(({ kind, defaultNetwork }) => [kind, defaultNetwork]))

export interface Asked extends Partial<RequestFlags> {
  readonly config?: string
  readonly owner?: ProcessId
}

export const request = (vm: string, { config = "", owner, ...flags }: Asked = {}): AttachRequest =>
  Result.getOrThrow(
    resolveRequest({
      config: Result.getOrThrow(decodeConfig(config, "config.yaml")),
      flags: { vm, publish: [], egress: [], ...(owner && { ownerPid: `${owner.pid}` }), ...flags },
      defaults,
      facts: { findProcess: () => owner ?? null, resolvers: ["198.51.100.53"] }
    })
  )
