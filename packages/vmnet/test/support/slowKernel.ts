import { Helpers, LinkOps, MountOps, NatOps, type OpsError, SysctlOps } from "@vmnet/core"
import type { MemoryKernel } from "@vmnet/testkit"
import { type Context, Effect, Layer, Scheduler } from "effect"
import { setImmediate } from "node:timers/promises"

const turn = Effect.promise(() => setImmediate())

/** The same service, each of its operations waiting for a turn of the event loop before and after. */
const slowly = <I, S extends object>(tag: Context.Key<I, S>, kernel: MemoryKernel) => {
  const slow = (service: S): S =>
    new Proxy(service, {
      get: (target, key) => {
        const member: unknown = Reflect.get(target, key)
        if (typeof member !== "function") return member
        return (...args: ReadonlyArray<unknown>) => {
          const asked = Reflect.apply(member, target, args) as Effect.Effect<unknown, OpsError>
          return Effect.uninterruptible(
            Effect.andThen(
              turn,
              Effect.tap(asked, () => turn)
            )
          )
        }
      }
    })
  return Layer.provide(Layer.effect(tag, Effect.map(Effect.service(tag), slow)), kernel.layer as Layer.Layer<I>)
}

/** A kernel one has to wait for, under fibers that give way as often as they can: the most places to stop at. */
export const slowKernel = (kernel: MemoryKernel) => ({
  layer: Layer.mergeAll(
    kernel.layer,
    slowly(LinkOps, kernel),
    slowly(NatOps, kernel),
    slowly(SysctlOps, kernel),
    slowly(MountOps, kernel),
    slowly(Helpers, kernel),
    Layer.succeed(Scheduler.MaxOpsBeforeYield, 4)
  )
})
