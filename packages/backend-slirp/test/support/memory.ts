import { assert } from "@effect/vitest"
import { slirpBackend } from "@vmnet/backend-slirp"
import {
  type AttachRequest,
  Backends,
  decodeConfig,
  hostNetns,
  layerLedgerSqlite,
  layerVmnet,
  Ledger,
  type RequestFlags,
  resolveRequest,
  VmnetError
} from "@vmnet/core"
import { faultyCalls, faultyHelpers, faultyOps, MemoryKernel, temporaryDirectory } from "@vmnet/testkit"
import { Effect, Layer, Result } from "effect"
import { rmSync } from "node:fs"
import { join } from "node:path"

export const install = "0123abcd"

/** A host on which this user has no rights at all, and the directory its ledger is in. */
export interface Machine {
  readonly kernel: MemoryKernel
  readonly stateDir: string
}

export const machine = Effect.acquireRelease(
  Effect.sync((): Machine => {
    const kernel = MemoryKernel.make()
    kernel.foreign.link(hostNetns, { link: "eth0", up: true, addresses: ["192.0.2.10/24"] })
    return { kernel, stateDir: join(temporaryDirectory("slirp"), "state") }
  }),
  ({ stateDir }) => Effect.sync(() => rmSync(join(stateDir, ".."), { recursive: true, force: true }))
)

const faultyLedger = faultyCalls(Ledger, {
  transact: {
    error: (words) => new VmnetError({ code: "LEDGER_FAILED", detail: `${words}: fault injected` }),
    words: (name) => name
  }
})

const backends = Backends.layerOf([slirpBackend])

export const layerMachine = ({ kernel, stateDir }: Machine) =>
  layerVmnet.pipe(
    Layer.provideMerge(layerLedgerSqlite({ stateDir, install })),
    Layer.provideMerge(kernel.layer),
    Layer.provide(backends),
    Layer.orDie,
    Layer.fresh
  )

export const layerFaultyMachine = ({ kernel, stateDir }: Machine) =>
  layerVmnet.pipe(
    Layer.provideMerge(faultyLedger(layerLedgerSqlite({ stateDir, install }))),
    Layer.provideMerge(faultyHelpers(faultyOps(kernel.layer))),
    Layer.provide(backends),
    Layer.orDie
  )

export const onMachine = <A, E>(
  work: (machine: Machine) => Effect.Effect<A, E, Layer.Success<ReturnType<typeof layerMachine>>>
) => Effect.scoped(Effect.flatMap(machine, (made) => Effect.provide(work(made), layerMachine(made))))

export const request = (vm: string, flags: Partial<RequestFlags> = {}, config = ""): AttachRequest =>
  Result.getOrThrow(
    resolveRequest({
      config: Result.getOrThrow(decodeConfig(config, "config.yaml")),
      flags: { vm, backend: "slirp", publish: [], egress: [], ...flags },
      defaults: { slirp: slirpBackend.defaultNetwork },
      facts: { findProcess: () => null, resolvers: ["198.51.100.53"] }
    })
  )

/** Kernel, helpers and ledger: everything that an attach may leave behind. */
export const picture = ({ kernel }: Machine) =>
  Effect.flatMap(Ledger, (ledger) =>
    ledger.rehearse("look at everything", (tx) => ({
      kernel: kernel.snapshot(),
      helpers: kernel.host.helpers(),
      leases: tx.all("SELECT vm, state, lease FROM leases ORDER BY vm"),
      ports: tx.all("SELECT * FROM ports ORDER BY protocol, port, host"),
      resources: tx.all("SELECT subject, seq, key, state FROM resources ORDER BY subject, seq")
    }))
  )

export const assertPicture = Effect.fnUntraced(function* (made: Machine, expected: unknown, words: string) {
  assert.deepStrictEqual(yield* picture(made), expected, words)
})
