import { Effect, ManagedRuntime, Result } from "effect"
import {
  type AttachRequest,
  type Attachment,
  type Config,
  decodeConfig,
  type Plan,
  Vmnet
} from "../../packages/core/src/index.ts"
import { layerVmnetHost, requestOf } from "../../packages/vmnet/src/effect.ts"
import { config as text } from "./networks.ts"

/** Ways to the kernel: in this process, or by programs. */
export type Ops = "native" | "exec"

export interface Wanted {
  readonly vm: string
  readonly network: string
  readonly netns?: string
}

/** `vmnet` as a long-lived process has it, on the private host of this process. */
export interface World {
  readonly install: string
  readonly stateDir: string
  /** Everything from flags and configuration on. */
  readonly up: (ops: Ops, wanted: Wanted) => Promise<Attachment>
  readonly down: (ops: Ops, vm: string) => Promise<void>
  /** So many at a time. */
  readonly upAll: (wanted: ReadonlyArray<Wanted>, concurrency: number) => Promise<void>
  readonly downAll: (vms: ReadonlyArray<string>, concurrency: number) => Promise<void>
  readonly plan: (wanted: Wanted) => Promise<Plan>
  readonly warm: (network: string) => Promise<void>
  readonly close: () => Promise<void>
}

const stateDir = "/run/vmnet/bench"

/** Both ways share a record, as two programs of one install do. */
const runtimeOf = (ops: Ops) => ManagedRuntime.make(layerVmnetHost({ stateDir, ops }))

const requestFor = ({ netns, network, vm }: Wanted, config: Config) =>
  requestOf({ vm, network, egress: [], publish: [], ...(netns !== undefined && { netns }) }, config)

export const makeWorld = async (): Promise<World> => {
  const config = Result.getOrThrow(decodeConfig(text, "bench.yaml"))
  const runtimes = { native: runtimeOf("native"), exec: runtimeOf("exec") }
  const { install } = await runtimes.native.runPromise(Effect.flatMap(Vmnet, ({ status }) => status))
  const request = (wanted: Wanted) => requestFor(wanted, config)
  const withRequest = <A, E>(
    wanted: Wanted,
    use: (vmnet: Vmnet["Service"], request: AttachRequest) => Effect.Effect<A, E>
  ) => Effect.flatMap(Effect.all([Vmnet, request(wanted)]), ([vmnet, made]) => use(vmnet, made))
  const up = (wanted: Wanted) => withRequest(wanted, (vmnet, made) => vmnet.up(made))
  const down = (vm: string) => Effect.flatMap(Vmnet, (vmnet) => vmnet.down(vm))
  return {
    install,
    stateDir,
    up: async (ops, wanted) => (await runtimes[ops].runPromise(up(wanted))).attachment,
    down: async (ops, vm) => void (await runtimes[ops].runPromise(down(vm))),
    upAll: (wanted, concurrency) =>
      runtimes.native.runPromise(Effect.forEach(wanted, up, { concurrency, discard: true })),
    downAll: (vms, concurrency) =>
      runtimes.native.runPromise(Effect.forEach(vms, down, { concurrency, discard: true })),
    plan: (wanted) => runtimes.native.runPromise(withRequest(wanted, (vmnet, made) => vmnet.plan(made))),
    warm: async (network) => {
      const wanted = { vm: "any", network }
      await runtimes.native.runPromise(withRequest(wanted, (vmnet, made) => vmnet.warm(made.network)))
    },
    close: async () => {
      await runtimes.native.dispose()
      await runtimes.exec.dispose()
    }
  }
}
