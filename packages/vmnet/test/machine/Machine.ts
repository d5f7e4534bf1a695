import {
  Backends,
  hostNetns,
  layerLedgerSqlite,
  layerVmnet,
  type Ledger,
  type ProcessId,
  type Vmnet
} from "@vmnet/core"
import { Faults, faultyHelpers, faultyMountOps, faultyOps, MemoryKernel } from "@vmnet/testkit"
import { faultyLedger } from "@vmnet/testkit/conformance"
import { type Context, Effect, Exit, Layer, Scope } from "effect"
import { mkdtempSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { builtinBackends } from "vmnet/effect"
import { decoysOf } from "./decoys.ts"
import { FaultGate } from "./FaultGate.ts"
import { owners } from "./Operation.ts"

export const install = "0123abcd"

export type Services = Vmnet | Ledger

const layerOf = (kernel: MemoryKernel, stateDir: string) =>
  layerVmnet.pipe(
    Layer.provideMerge(faultyLedger(layerLedgerSqlite({ stateDir, install }))),
    Layer.provide(faultyHelpers(faultyMountOps(faultyOps(kernel.layer)))),
    Layer.provide(Backends.layerOf(builtinBackends)),
    Layer.orDie
  )

/** Where nothing waits for a disk. */
const shm = "/dev/shm"

const directory = (): string => {
  try {
    return mkdtempSync(join(shm, "vmnet-machine-"))
  } catch {
    return mkdtempSync(join(tmpdir(), "vmnet-machine-"))
  }
}

/** A machine in memory with the service on it, which can die and start again, and the machine with it. */
export class Machine {
  readonly kernel = MemoryKernel.make()
  readonly decoys = decoysOf(install)
  readonly present = new Set<number>()
  readonly bound = new Set<number>()
  readonly owners: Array<ProcessId>
  readonly #directory = directory()
  gate = new FaultGate()
  #scope = Scope.makeUnsafe()
  #services: Context.Context<Services> | undefined = undefined

  constructor() {
    this.equip()
    this.owners = Array.from({ length: owners }, () => this.kernel.host.startProcess())
  }

  /** An uplink, an interface and a bridge of others. */
  equip(): void {
    const { foreign } = this.kernel
    foreign.link(hostNetns, { link: "eth0", up: true, addresses: ["192.0.2.10/24"] })
    foreign.route(hostNetns, { destination: "default", link: "eth0", via: "192.0.2.1" })
    foreign.link(hostNetns, { link: "eth1", up: true, addresses: ["203.0.113.10/24"] })
    foreign.sysctl(hostNetns, ["net", "ipv4", "conf", "eth1", "forwarding"], "1")
    foreign.link(hostNetns, { link: "docker0", type: "bridge", up: true, addresses: ["172.17.0.1/16"] })
  }

  get services(): Effect.Effect<Context.Context<Services>> {
    return Effect.suspend(() => {
      if (this.#services !== undefined) return Effect.succeed(this.#services)
      const layer = layerOf(this.kernel, join(this.#directory, "state"))
      return Layer.buildWithMemoMap(layer, Layer.makeMemoMapUnsafe(), this.#scope).pipe(
        Effect.provideService(Faults, this.gate),
        Effect.tap((services) => Effect.sync(() => void (this.#services = services)))
      )
    })
  }

  /** The process is gone with all it was doing; another takes its place with the next verb. */
  get forget(): Effect.Effect<void> {
    return Effect.suspend(() => {
      const scope = this.#scope
      this.#scope = Scope.makeUnsafe()
      this.#services = undefined
      this.gate = new FaultGate()
      return Scope.close(scope, Exit.void)
    })
  }

  get close(): Effect.Effect<void> {
    return Effect.andThen(
      this.forget,
      Effect.sync(() => rmSync(this.#directory, { recursive: true, force: true }))
    )
  }
}
