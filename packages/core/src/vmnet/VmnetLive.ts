import { type Context, Effect, Layer, Result } from "effect"
import type { Backends } from "../backend/Backends.ts"
import type { Ledger } from "../ledger/Ledger.ts"
import type { Helpers } from "../ops/Helpers.ts"
import type { HostProbe } from "../ops/HostProbe.ts"
import type { LinkOps } from "../ops/LinkOps.ts"
import type { MountOps } from "../ops/MountOps.ts"
import type { NatOps } from "../ops/NatOps.ts"
import type { SysctlOps } from "../ops/SysctlOps.ts"
import { drivers } from "../resource/Drivers.ts"
import { asAnswered } from "./asFound.ts"
import { check } from "./check/check.ts"
import { down } from "./down.ts"
import { makeDownBehind } from "./downBehind.ts"
import { gc } from "./gc/gc.ts"
import { downMany } from "./many/downMany.ts"
import { upMany } from "./many/upMany.ts"
import { plan } from "./plan.ts"
import { publish } from "./publish.ts"
import { list, networks, removeNetwork, show } from "./queries.ts"
import { repair } from "./repair/repair.ts"
import { resolvConf } from "./resolvConf.ts"
import { status } from "./status.ts"
import { unpublish } from "./unpublish.ts"
import { up } from "./up.ts"
import { type EachVm, type UpResult, Vmnet } from "./Vmnet.ts"
import { warm } from "./warm.ts"
import { readingAnyway, removingAnyway } from "./withoutRecord.ts"

/** What was done is done, whether or not it can be seen by now: looking again neither fails nor comes too late. */
const answering =
  <A>(look: (done: A) => Effect.Effect<A, never, Helpers | Ledger>) =>
  <E, R>(self: Effect.Effect<A, E, R>): Effect.Effect<A, E, R | Helpers | Ledger> =>
    Effect.uninterruptibleMask((restore) => Effect.flatMap(restore(self), look))

const upAsAnswered = (result: UpResult) =>
  Effect.map(asAnswered(result.attachment), (attachment): UpResult => ({ ...result, attachment }))

const eachAsAnswered = (answers: ReadonlyArray<EachVm<UpResult>>) =>
  Effect.forEach(answers, (answer): Effect.Effect<EachVm<UpResult>, never, Helpers | Ledger> => {
    const { result, vm } = answer
    if (Result.isFailure(result)) return Effect.succeed(answer)
    return Effect.map(upAsAnswered(result.success), (up) => ({ vm, result: Result.succeed(up) }))
  })

type Needs = Backends | Ledger | Helpers | HostProbe | LinkOps | MountOps | NatOps | SysctlOps

/** `Vmnet` over whatever kernel, ledger and backends it is given. */
export const layerVmnet: Layer.Layer<Vmnet, never, Needs> = Layer.effect(
  Vmnet,
  Effect.gen(function* () {
    const services: Context.Context<Needs> = yield* Effect.context<Needs>()
    const kernel = yield* drivers
    const downBehind = yield* makeDownBehind
    const live = <A, E>(effect: Effect.Effect<A, E, Needs>): Effect.Effect<A, E> => Effect.provide(effect, services)
    return Vmnet.of({
      up: (request) => live(answering(upAsAnswered)(up(kernel, request))),
      upMany: (requests) => live(answering(eachAsAnswered)(upMany(kernel, requests))),
      plan: (request) => live(plan(request)),
      down: (vm, options) =>
        live(options?.wait === false ? downBehind(kernel, vm, options) : removingAnyway(down(kernel, vm, options))),
      downMany: (vms) => live(downMany(kernel, vms)),
      list: live(readingAnyway(list)),
      show: (vm) => live(readingAnyway(show(vm))),
      resolvConf: (vm, rootfs) => live(resolvConf(kernel, vm, rootfs)),
      publish: (vm, specs) => live(answering(asAnswered)(publish(kernel, vm, specs))),
      unpublish: (vm, specs) => live(answering(asAnswered)(unpublish(kernel, vm, specs))),
      networks: (known) => live(readingAnyway(networks(known))),
      gc: (options) => live((options.dryRun ? readingAnyway : removingAnyway)(gc(kernel, options))),
      warm: (network) => live(warm(kernel, network)),
      removeNetwork: (network) => live(removeNetwork(kernel, network)),
      check: (vms = []) => live(readingAnyway(check(kernel, vms))),
      repair: (vms = []) => live(repair(kernel, vms)),
      status: live(readingAnyway(status))
    })
  })
)
