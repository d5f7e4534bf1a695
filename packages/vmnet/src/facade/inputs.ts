import { parseNetworkName, type PublishSpec, readPublishSpecs, readVmNames, Vmnet, VmnetError } from "@vmnet/core"
import { Effect, Result } from "effect"

type Service = Vmnet["Service"]

const refuse = (detail: string): VmnetError => new VmnetError({ code: "BAD_INPUT", detail })

const requireText = (what: string, value: unknown): Effect.Effect<string, VmnetError> =>
  typeof value === "string" ? Effect.succeed(value) : Effect.fail(refuse(`${what} must be text`))

const readVm = Effect.fnUntraced(function* (vm: unknown) {
  const [name = ""] = yield* Effect.fromResult(readVmNames([yield* requireText("VM", vm)]))
  return name
})

const readSpecs = Effect.fnUntraced(function* (specs: unknown) {
  const given: ReadonlyArray<unknown> = Array.isArray(specs) ? specs : [specs]
  const texts = yield* Effect.forEach(given, (spec) => requireText("SPEC", spec))
  return yield* Effect.fromResult(readPublishSpecs(texts))
})

/** A verb about one VM, its name checked. */
export const onVm = <A>(vm: unknown, use: (vmnet: Service, name: string) => Effect.Effect<A, VmnetError>) =>
  Effect.flatMap(readVm(vm), (name) => Vmnet.use((vmnet) => use(vmnet, name)))

/** `publish` and `unpublish`: the VM's name and the ports checked. */
export const onPorts = <A>(
  vm: unknown,
  specs: unknown,
  use: (vmnet: Service, name: string, specs: ReadonlyArray<PublishSpec>) => Effect.Effect<A, VmnetError>
) => Effect.flatMap(readSpecs(specs), (read) => onVm(vm, (vmnet, name) => use(vmnet, name, read)))

/** A verb about one network, its name checked. */
export const onNetwork = <A>(network: unknown, use: (vmnet: Service, name: string) => Effect.Effect<A, VmnetError>) =>
  Effect.gen(function* () {
    const text = yield* requireText("NETWORK", network)
    const parsed = Result.mapError(parseNetworkName(text), (problem) => refuse(`NETWORK: ${problem}`))
    const name = yield* Effect.fromResult(parsed)
    return yield* Vmnet.use((vmnet) => use(vmnet, name))
  })
