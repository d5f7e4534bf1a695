import { bridgeBackend } from "@vmnet/backend-bridge"
import { Backends, layerLedgerSqlite, layerVmnet, Vmnet } from "@vmnet/core"
import { layerExec } from "@vmnet/ops-exec"
import { HostSnapshot, PrivateHost, type PrivateHostOptions } from "@vmnet/testkit"
import { assert } from "@effect/vitest"
import { Effect, Layer } from "effect"
import { install, request } from "./memoryHost.ts"

const exec = Layer.orDie(layerExec({ install }))

/** The service on the real kernel of this (private) namespace. */
export const layerReal = (stateDir = "/run/vmnet"): Layer.Layer<Vmnet> =>
  layerVmnet.pipe(
    Layer.provide(layerLedgerSqlite({ stateDir, install })),
    Layer.provide(Backends.layerOf([bridgeBackend])),
    Layer.provide(exec),
    Layer.orDie
  )

/** A host of its own with the service on it; both live as long as the test. */
export const onPrivateHost = <A, E>(
  work: Effect.Effect<A, E, PrivateHost | Vmnet>,
  options?: PrivateHostOptions
): Effect.Effect<A, E> =>
  work.pipe(Effect.provide(layerReal()), Effect.provide(Layer.orDie(PrivateHost.layer(options))))

/** Whatever `work` does, the whole host is afterwards what it was. */
export const leavesNoTrace = <A, E, R>(work: Effect.Effect<A, E, R>) =>
  Effect.gen(function* () {
    const before = yield* Effect.orDie(HostSnapshot.take())
    const answer = yield* work
    const after = yield* Effect.orDie(HostSnapshot.take())
    assert.deepStrictEqual(HostSnapshot.diff(before, after), [])
    return answer
  })

/** A container: an empty network namespace with a veth of the network in it. Gone with the scope. */
export const container = Effect.fn("container")(function* (vm: string, flags: Partial<Flags> = {}, config = "") {
  const vmnet = yield* Vmnet
  const netns = yield* emptyNetns(vm)
  const up = vmnet.up(request(vm, { netns, ...flags }, config))
  const { attachment } = yield* Effect.acquireRelease(up, () => Effect.orDie(vmnet.down(vm)))
  return { attachment, netns, address: attachment.host.address }
})

type Flags = NonNullable<Parameters<typeof request>[1]>

export const emptyNetns = Effect.fn("emptyNetns")(function* (name: string) {
  const host = yield* PrivateHost
  yield* Effect.acquireRelease(host.run("host", ["ip", "netns", "add", name]), () =>
    Effect.orDie(host.run("host", ["ip", "netns", "delete", name]))
  )
  return `/run/netns/${name}` as const
})
