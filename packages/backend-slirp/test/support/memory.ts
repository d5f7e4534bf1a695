import { assert } from "@effect/vitest"
import { slirpBackend } from "@vmnet/backend-slirp"
import { type AttachRequest, decodeConfig, Ledger, type RequestFlags, resolveRequest } from "@vmnet/core"
import { faultyHelpers, faultyOps } from "@vmnet/testkit"
import { faultyServiceIn, type MemoryMachine, memoryMachine, serviceIn, suiteInstall } from "@vmnet/testkit/conformance"
import { Effect, type Layer, Result } from "effect"

export const install = suiteInstall

/** A host on which this user has no rights at all, and the directory its ledger is in. */
export type Machine = MemoryMachine

export const machine = memoryMachine("slirp")

export const layerMachine = serviceIn([slirpBackend])

export const layerFaultyMachine = faultyServiceIn([slirpBackend], (kernel) => faultyHelpers(faultyOps(kernel)))

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
