import { type Context, Effect, Layer } from "effect"
import type { Backends } from "../backend/Backends.ts"
import type { Ledger } from "../ledger/Ledger.ts"
import type { HostProbe } from "../ops/HostProbe.ts"
import type { LinkOps } from "../ops/LinkOps.ts"
import type { NatOps } from "../ops/NatOps.ts"
import type { SysctlOps } from "../ops/SysctlOps.ts"
import { drivers } from "../resource/Drivers.ts"
import { down } from "./down.ts"
import { plan } from "./plan.ts"
import { publish } from "./publish.ts"
import { list, networks, removeNetwork, show } from "./queries.ts"
import { status } from "./status.ts"
import { unpublish } from "./unpublish.ts"
import { up } from "./up.ts"
import { warm } from "./warm.ts"
import { Vmnet } from "./Vmnet.ts"

type Needs = Backends | Ledger | HostProbe | LinkOps | NatOps | SysctlOps

/** `Vmnet` over whatever kernel, ledger and backends it is given. */
export const layerVmnet: Layer.Layer<Vmnet, never, Needs> = Layer.effect(
  Vmnet,
  Effect.gen(function* () {
    const services: Context.Context<Needs> = yield* Effect.context<Needs>()
    const kernel = yield* drivers
    const live = <A, E>(effect: Effect.Effect<A, E, Needs>): Effect.Effect<A, E> => Effect.provide(effect, services)
    return Vmnet.of({
      up: (request) => live(up(kernel, request)),
      plan: (request) => live(plan(request)),
      down: (vm) => live(down(kernel, vm)),
      list: live(list),
      show: (vm) => live(show(vm)),
      publish: (vm, specs) => live(publish(kernel, vm, specs)),
      unpublish: (vm, specs) => live(unpublish(kernel, vm, specs)),
      networks: (known) => live(networks(known)),
      warm: (network) => live(warm(kernel, network)),
      removeNetwork: (network) => live(removeNetwork(kernel, network)),
      status: live(status)
    })
  })
)
