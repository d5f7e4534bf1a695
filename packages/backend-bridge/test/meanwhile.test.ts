import { bridgeBackend } from "@vmnet/backend-bridge"
import { Backends, hostNetns, layerLedgerSqlite, layerVmnet, LinkOps, Progress, Vmnet } from "@vmnet/core"
import { MemoryKernel } from "@vmnet/testkit"
import { assert, it } from "@effect/vitest"
import { Effect, Layer } from "effect"
import { install, request, temporaryStateDir } from "./support/memoryHost.ts"

/** The service, and what somebody else does each time before it looks at the whole host; while he does it, nothing. */
const makeHost = () => {
  const kernel = MemoryKernel.make()
  let meanwhile: Effect.Effect<unknown> = Effect.void
  const before = Effect.suspend(() => {
    const once = meanwhile
    meanwhile = Effect.void
    return once
  })
  const links = Effect.map(LinkOps, (ops) =>
    LinkOps.of({ ...ops, snapshot: (netns) => Effect.andThen(before, ops.snapshot(netns)) })
  )
  const layer = layerVmnet.pipe(
    Layer.provide(layerLedgerSqlite({ stateDir: temporaryStateDir(), install })),
    Layer.provide(Layer.effect(LinkOps, links)),
    Layer.provide(kernel.layer),
    Layer.provide(Backends.layerOf([bridgeBackend])),
    Layer.orDie
  )
  const whileLooking = (work: Effect.Effect<unknown>) => Effect.sync(() => void (meanwhile = work))
  return { kernel, layer, whileLooking }
}

it.effect("a network that another VM brings up during the look at the host is no overlap", () => {
  const { layer, whileLooking } = makeHost()
  return Effect.gen(function* () {
    const vmnet = yield* Vmnet
    yield* whileLooking(Effect.orDie(vmnet.up(request("other"))))
    const { attachment } = yield* vmnet.up(request("vm1"))
    assert.strictEqual(attachment.state, "active")
  }).pipe(Effect.provide(layer))
})

it.effect("a foreign link with the network's address is an overlap, also when it appears during the look", () => {
  const { kernel, layer, whileLooking } = makeHost()
  return Effect.gen(function* () {
    const vmnet = yield* Vmnet
    yield* whileLooking(
      Effect.sync(() => kernel.foreign.link(hostNetns, { link: "theirs", addresses: ["10.213.0.9/24"] }))
    )
    const error = yield* Effect.flip(vmnet.up(request("vm1")))
    assert.strictEqual(error.code, "SUBNET_OVERLAP")
  }).pipe(Effect.provide(layer))
})

it.effect("a network whose last VM goes between the look at it and the reservation is made anew", () => {
  const { layer } = makeHost()
  return Effect.gen(function* () {
    const vmnet = yield* Vmnet
    yield* vmnet.up(request("other"))
    const goes = Effect.orDie(vmnet.down("other"))
    const up = vmnet
      .up(request("vm1"))
      .pipe(
        Effect.provideService(Progress, ({ vm, step }) => (vm === "vm1" && step === "reserve" ? goes : Effect.void))
      )
    const { attachment } = yield* up
    assert.strictEqual(attachment.state, "active")
  }).pipe(Effect.provide(layer))
})
