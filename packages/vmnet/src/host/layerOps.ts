import { LinkOps, NatOps, type OpsError, Stay, type StayWhile, SysctlOps, VmnetError } from "@vmnet/core"
import { type ExecOptions, type ExecServices, layerExec } from "@vmnet/ops-exec"
import { Context, Effect, Layer, Scope } from "effect"

/** Every way to the kernel: calls in this process, programs (`ip`, `nft`), or the first where it loads. */
export const opsChoices = ["auto", "native", "exec"] as const
export type OpsChoice = (typeof opsChoices)[number]

/** Which way is gone, and why not the other, where `auto` had to choose. */
export interface Operations {
  readonly ops: "native" | "exec"
  readonly why: string
}

/** On its own: to load a foreign library costs more than most commands need. */
const loadNative = Effect.tryPromise({
  try: () => import("@vmnet/ops-native"),
  catch: (cause) => (cause instanceof Error ? cause.message : String(cause))
}).pipe(
  Effect.filterOrFail(
    (native) => native.objectionToNative() === undefined,
    (native) => native.objectionToNative() ?? "it does not load"
  )
)

/** Loads what is asked for, and says what is used. */
export const operationsOf = (choice: OpsChoice): Effect.Effect<Operations> =>
  choice === "exec"
    ? Effect.succeed({ ops: "exec", why: "as asked for with --ops exec" })
    : Effect.match(loadNative, {
        onSuccess: (): Operations => ({ ops: "native", why: "rtnetlink and libnftables, in this process" }),
        onFailure: (why): Operations => ({ ops: "exec", why: `calls in this process are not possible: ${why}` })
      })

const notNative = (why: string): VmnetError =>
  new VmnetError({
    code: "HOST_NOT_CAPABLE",
    detail: `--ops native: calls in this process are not possible: ${why}`,
    hint: "Install libnftables (apt-get install libnftables1), or leave --ops out: ip and nft are run then."
  })

interface Kernel {
  readonly link: LinkOps["Service"]
  readonly nat: NatOps["Service"]
  readonly sysctl: SysctlOps["Service"]
  readonly stay: StayWhile
}

const kernelOf = Effect.all({ link: LinkOps, nat: NatOps, sysctl: SysctlOps, stay: Stay })

/** The services that stand for others until somebody asks one of them for something: then those are made, once. */
const standingFor = (made: Effect.Effect<Kernel, OpsError>) => {
  const link = <A>(use: (ops: Kernel["link"]) => Effect.Effect<A, OpsError>) =>
    Effect.flatMap(made, (one) => use(one.link))
  const nat = <A>(use: (ops: Kernel["nat"]) => Effect.Effect<A, OpsError>) =>
    Effect.flatMap(made, (one) => use(one.nat))
  const sysctl = <A>(use: (ops: Kernel["sysctl"]) => Effect.Effect<A, OpsError>) =>
    Effect.flatMap(made, (one) => use(one.sysctl))
  // Where none can be made each operation says so itself.
  const staying = Effect.match(made, {
    onFailure: (): StayWhile => (self) => self,
    onSuccess: (one) => one.stay
  })
  return Layer.mergeAll(
    Layer.succeed(Stay, (self) => Effect.flatMap(staying, (stay) => stay(self))),
    Layer.succeed(LinkOps, {
      apply: (netns, changes) => link((ops) => ops.apply(netns, changes)),
      find: (netns, links) => link((ops) => ops.find(netns, links)),
      findNetns: (names) => link((ops) => ops.findNetns(names)),
      netnsNames: link((ops) => ops.netnsNames),
      configuredOn: (netns, links) => link((ops) => ops.configuredOn(netns, links)),
      snapshot: (netns) => link((ops) => ops.snapshot(netns))
    }),
    Layer.succeed(NatOps, {
      apply: (netns, changes) => nat((ops) => ops.apply(netns, changes)),
      find: (netns, elements) => nat((ops) => ops.find(netns, elements)),
      snapshot: (netns) => nat((ops) => ops.snapshot(netns))
    }),
    Layer.succeed(SysctlOps, {
      read: (netns, key) => sysctl((ops) => ops.read(netns, key)),
      write: (netns, key, value) => sysctl((ops) => ops.write(netns, key, value)),
      forwarding: (netns) => sysctl((ops) => ops.forwarding(netns))
    })
  )
}

/** In this process where it loads, which is found out when there is something to be done. */
const layerAuto = (options: ExecOptions): Layer.Layer<ExecServices, OpsError> => {
  const exec = layerExec(options)
  const chosen = Effect.gen(function* () {
    const scope = yield* Scope.Scope
    const programs = yield* Effect.context<ExecServices>()
    const make = Effect.matchEffect(loadNative, {
      // Without its own way to stay it would be given ours, which waits for this.
      onFailure: () =>
        Effect.provideContext(
          kernelOf,
          Context.add(programs, Stay, (self) => self)
        ),
      onSuccess: ({ layerCalls }) =>
        Effect.flatMap(Layer.buildWithScope(layerCalls(options), scope), (context) =>
          Effect.provideContext(kernelOf, context)
        )
    })
    return standingFor(yield* Effect.cached(Effect.uninterruptible(Effect.provideContext(make, programs))))
  })
  return Layer.provideMerge(Layer.unwrap(chosen), exec)
}

/** Every operation on this host, by the way that is chosen. */
export const layerOps = (choice: OpsChoice, options: ExecOptions): Layer.Layer<ExecServices, OpsError | VmnetError> => {
  if (choice === "exec") return layerExec(options)
  if (choice === "auto") return layerAuto(options)
  return Layer.unwrap(Effect.map(Effect.mapError(loadNative, notNative), ({ layerNative }) => layerNative(options)))
}
