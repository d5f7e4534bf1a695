import { Backends, hostNetns, layerLedgerSqlite, layerVmnet, Ledger, type ProcessId, type Vmnet } from "@vmnet/core"
import { Faults, faultyHelpers, faultyMountOps, faultyOps, MemoryKernel, temporaryDirectory } from "@vmnet/testkit"
import { faultyLedger } from "@vmnet/testkit/conformance"
import { Context, Effect, Exit, Layer, Scope } from "effect"
import { rmSync } from "node:fs"
import { join } from "node:path"
import { builtinBackends } from "vmnet/effect"
import { decoysOf } from "./decoys.ts"
import { ledgerInMemory, writeBack } from "./ledgerInMemory.ts"
import { FaultGate } from "./FaultGate.ts"
import { owners } from "./Operation.ts"

export const install = "0123abcd"

export type Services = Vmnet | Ledger

const layerOf = (kernel: MemoryKernel, record: Context.Context<Ledger>) =>
  layerVmnet.pipe(
    Layer.provideMerge(faultyLedger(Layer.succeedContext(record))),
    Layer.provide(faultyHelpers(faultyMountOps(faultyOps(kernel.layer)))),
    Layer.provide(Backends.layerOf(builtinBackends)),
    Layer.orDie
  )

/** A machine in memory with the service on it, which can die and start again, and the machine with it. */
export class Machine {
  readonly kernel = MemoryKernel.make()
  readonly decoys = decoysOf(install)
  readonly present = new Set<number>()
  readonly bound = new Set<number>()
  readonly owners: Array<ProcessId>
  readonly #directory = temporaryDirectory("machine")
  readonly #file = layerLedgerSqlite({ stateDir: join(this.#directory, "state"), install }).pipe(
    Layer.provide(this.kernel.layer),
    Layer.orDie
  )
  gate = new FaultGate()
  #scope = Scope.makeUnsafe()
  #services: Context.Context<Services> | undefined = undefined
  #recordScope = Scope.makeUnsafe()
  #record: Context.Context<Ledger> | undefined = undefined

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
    return Effect.gen({ self: this }, function* () {
      if (this.#services !== undefined) return this.#services
      const layer = layerOf(this.kernel, yield* this.#ledger)
      this.#services = yield* Layer.buildWithMemoMap(layer, Layer.makeMemoMapUnsafe(), this.#scope).pipe(
        Effect.provideService(Faults, this.gate)
      )
      return this.#services
    })
  }

  /** In memory from the moment somebody asks for it: a transaction costs a third of one in a file. */
  get #ledger(): Effect.Effect<Context.Context<Ledger>> {
    return Effect.gen({ self: this }, function* () {
      this.#record ??= Context.make(Ledger, yield* ledgerInMemory(this.#file).pipe(Scope.provide(this.#recordScope)))
      return this.#record
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

  /** Every process is gone, and what the ledger had is in its file: the next one reads it from there. */
  get powerOff(): Effect.Effect<void> {
    return Effect.gen({ self: this }, function* () {
      yield* this.forget
      const [record, scope] = [this.#record, this.#recordScope]
      this.#record = undefined
      this.#recordScope = Scope.makeUnsafe()
      if (record !== undefined) yield* writeBack(Context.get(record, Ledger), this.#file)
      yield* Scope.close(scope, Exit.void)
    })
  }

  get close(): Effect.Effect<void> {
    return Effect.andThen(
      this.powerOff,
      Effect.sync(() => rmSync(this.#directory, { recursive: true, force: true }))
    )
  }
}
