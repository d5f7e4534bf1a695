import { Vmnet } from "@vmnet/core"
import { PrivateHost, type PrivateHostOptions } from "@vmnet/testkit"
import { bridgeBackend } from "@vmnet/backend-bridge"
import { emptyNetns, layerService, type Service } from "@vmnet/testkit/conformance"
import { layer } from "@effect/vitest"
import { Effect, Layer } from "effect"
import { request } from "./memoryHost.ts"
import { native } from "./subjects.ts"

export { emptyNetns, leavesNoTrace, unchanged } from "@vmnet/testkit/conformance"

/** The service on the real kernel of this (private) namespace, and what it stands on. */
const serviceOn = (way: typeof native) => layerService({ ...way, backends: [bridgeBackend] })

const service = serviceOn(native)

const privateHost = (options?: PrivateHostOptions): Layer.Layer<PrivateHost | Service> =>
  Layer.provideMerge(service, Layer.orDie(PrivateHost.layer(options)))

/** A host of its own with the service on it; both live as long as the test. */
export const onPrivateHost = <A, E>(
  work: Effect.Effect<A, E, PrivateHost | Service>,
  options?: PrivateHostOptions
): Effect.Effect<A, E> => Effect.provide(work, privateHost(options))

/** One host for all tests of a block: each has to leave it as it found it. */
export const shareHost = (options?: PrivateHostOptions) =>
  layer(privateHost(options), { excludeTestServices: true, timeout: "60 seconds" })

/** As `shareHost`, with the kernel reached in a way of choice. */
export const shareHostBy = (way: typeof native) =>
  layer(Layer.provideMerge(serviceOn(way), Layer.orDie(PrivateHost.layer())), {
    excludeTestServices: true,
    timeout: "60 seconds"
  })

/** A container: an empty network namespace with a veth of the network in it. Gone with the scope. */
export const container = Effect.fn("container")(function* (vm: string, flags: Partial<Flags> = {}, config = "") {
  const vmnet = yield* Vmnet
  const netns = yield* emptyNetns(vm)
  const up = vmnet.up(request(vm, { netns, ...flags }, config))
  const { attachment } = yield* Effect.acquireRelease(up, () => Effect.orDie(vmnet.down(vm)))
  return { attachment, netns, address: attachment.host.address }
})

export type Flags = NonNullable<Parameters<typeof request>[1]>

/** A VM: a TAP that nobody has opened. Gone with the scope. */
export const tap = Effect.fn("tap")(function* (vm: string, flags: Partial<Flags> = {}, config = "") {
  const vmnet = yield* Vmnet
  const up = vmnet.up(request(vm, flags, config))
  const { attachment } = yield* Effect.acquireRelease(up, () => Effect.orDie(vmnet.down(vm)))
  return attachment
})
