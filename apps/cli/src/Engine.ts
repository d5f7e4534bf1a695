import type { Backends, HostProbe, HostSurvey, Vmnet, VmnetError } from "@vmnet/core"
import { Context, Effect, Layer } from "effect"
import type { OpsChoice } from "vmnet/effect"

/** What decides which VMs a command sees, and how it reaches the kernel. */
export interface EngineOptions {
  readonly stateDir: string
  readonly ops: OpsChoice
}

/**
 * Where a command gets its services from. `vmnet` opens the ledger of a state directory; `host` is what a request is
 * made from before there is one, and touches nothing. A service of its own because the first depends on flags, and
 * because commands that need neither must not pay for them: both load their code when asked. Tests put a fake one here.
 */
export class Engine extends Context.Service<
  Engine,
  {
    readonly vmnet: (options: EngineOptions) => Effect.Effect<Layer.Layer<Vmnet, VmnetError>>
    readonly host: Effect.Effect<Layer.Layer<Backends | HostProbe, VmnetError>>
    /** What looks at the host for `doctor`. */
    readonly survey: Effect.Effect<Layer.Layer<HostSurvey>>
  }
>()("@vmnet/cli/Engine") {}

const load = Effect.promise(() => import("./live.ts"))

/** The real one. */
export const liveEngine: Layer.Layer<Engine> = Layer.succeed(Engine, {
  vmnet: (options) => Effect.map(load, (live) => live.vmnet(options)),
  host: Effect.map(load, (live) => live.host),
  survey: Effect.map(load, (live) => live.survey)
})
