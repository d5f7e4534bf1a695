import {
  type AttachRequest,
  Backends,
  decodeConfig,
  hostNetns,
  layerLedgerSqlite,
  layerVmnet,
  type ProcessId,
  type RequestFlags,
  resolveRequest
} from "@vmnet/core"
import { MemoryKernel } from "@vmnet/testkit"
import { Effect, Layer, Result } from "effect"
import { mkdtempSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { builtinBackends } from "../../src/host/builtinBackends.ts"

/** A machine in memory, and where its installs have their ledgers. */
export interface World {
  readonly kernel: MemoryKernel
  readonly directory: string
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
    return { kernel, directory: mkdtempSync(join(tmpdir(), "vmnet-lives-")) }
  }),
  ({ directory }) => Effect.sync(() => rmSync(directory, { recursive: true, force: true }))
)

/** One install: the service with all its backends, opened anew each time. */
export const layerInstall = ({ kernel, directory }: World, install = "0123abcd") =>
  layerVmnet.pipe(
    Layer.provideMerge(layerLedgerSqlite({ stateDir: join(directory, install), install })),
    Layer.provideMerge(kernel.layer),
    Layer.provide(Backends.layerOf(builtinBackends)),
    Layer.orDie,
    Layer.fresh
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
