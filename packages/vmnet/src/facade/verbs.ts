import {
  type AttachRequest,
  type Config,
  type GcOptions,
  parseNetworkName,
  type PublishSpec,
  readPublishSpecs,
  readVmNames,
  type RequestFlags,
  Vmnet,
  VmnetError
} from "@vmnet/core"
import { Effect, Result } from "effect"
import { knownNetworks } from "../config/knownNetworks.ts"
import { requestOf, requestsOf } from "../config/requestOf.ts"
import { plainError } from "./failure.ts"

type ReadConfig = Effect.Effect<Config, VmnetError>
type Service = Vmnet["Service"]
type Use<Args extends ReadonlyArray<unknown>, A> = (vmnet: Service, ...args: Args) => Effect.Effect<A, VmnetError>

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

const readNetwork = Effect.fnUntraced(function* (network: unknown) {
  const text = yield* requireText("NETWORK", network)
  return yield* Effect.fromResult(Result.mapError(parseNetworkName(text), (problem) => refuse(`NETWORK: ${problem}`)))
})

/** A verb about one VM, its name checked. */
const onVm = <A>(vm: unknown, use: Use<[name: string], A>) =>
  Effect.flatMap(readVm(vm), (name) => Vmnet.use((vmnet) => use(vmnet, name)))

/** A verb about VMs, their names checked: one, several, or all where none is named. */
const onVms = <A>(vms: unknown, use: Use<[names: ReadonlyArray<string>], A>) =>
  Effect.gen(function* () {
    const given: ReadonlyArray<unknown> = vms === undefined ? [] : Array.isArray(vms) ? vms : [vms]
    const texts = yield* Effect.forEach(given, (vm) => requireText("VM", vm))
    const names = yield* Effect.fromResult(readVmNames(texts))
    return yield* Vmnet.use((vmnet) => use(vmnet, names))
  })

/** `publish` and `unpublish`: the ports and the VM's name checked. */
const onPorts = <A>(vm: unknown, specs: unknown, use: Use<[name: string, specs: ReadonlyArray<PublishSpec>], A>) =>
  Effect.flatMap(readSpecs(specs), (read) => onVm(vm, (vmnet, name) => use(vmnet, name, read)))

/** A verb about a request, made of words and the configuration there is now. */
const onRequest = <A>(flags: RequestFlags, config: ReadConfig, use: Use<[request: AttachRequest], A>) =>
  Effect.gen(function* () {
    const request = yield* requestOf(flags, yield* config)
    return yield* Vmnet.use((vmnet) => use(vmnet, request))
  })

/** What the facade does, by name: inputs are what a program gave, of whatever type, and nothing is a promise yet. */
export const verbs = {
  up: (flags: RequestFlags, config: ReadConfig) => onRequest(flags, config, (vmnet, request) => vmnet.up(request)),
  upMany: (all: ReadonlyArray<RequestFlags>, config: ReadConfig) =>
    Effect.gen(function* () {
      const requests = yield* requestsOf(all, yield* config)
      return yield* Vmnet.use((vmnet) => vmnet.upMany(requests))
    }),
  plan: (flags: RequestFlags, config: ReadConfig) => onRequest(flags, config, (vmnet, request) => vmnet.plan(request)),
  down: (vm: unknown, wait: boolean) => onVm(vm, (vmnet, name) => vmnet.down(name, { wait })),
  downMany: (vms: unknown) => onVms(vms, (vmnet, names) => vmnet.downMany(names)),
  list: Vmnet.use((vmnet) => vmnet.list),
  show: (vm: unknown) => onVm(vm, (vmnet, name) => vmnet.show(name)),
  publish: (vm: unknown, specs: unknown) => onPorts(vm, specs, (vmnet, name, read) => vmnet.publish(name, read)),
  unpublish: (vm: unknown, specs: unknown) => onPorts(vm, specs, (vmnet, name, read) => vmnet.unpublish(name, read)),
  resolvConf: (vm: unknown, rootfs: unknown) =>
    Effect.flatMap(requireText("ROOTFS", rootfs), (path) => onVm(vm, (vmnet, name) => vmnet.resolvConf(name, path))),
  networks: (config: ReadConfig) =>
    Effect.flatMap(Effect.flatMap(config, knownNetworks), (known) => Vmnet.use((vmnet) => vmnet.networks(known))),
  removeNetwork: (network: unknown) =>
    Effect.flatMap(readNetwork(network), (name) => Vmnet.use((vmnet) => vmnet.removeNetwork(name))),
  gc: (options: GcOptions) =>
    Effect.map(
      Vmnet.use((vmnet) => vmnet.gc(options)),
      (result) => ({ ...result, problems: result.problems.map(plainError) })
    ),
  check: (vms: unknown) => onVms(vms, (vmnet, names) => vmnet.check(names)),
  repair: (vms: unknown) => onVms(vms, (vmnet, names) => vmnet.repair(names)),
  status: Vmnet.use((vmnet) => vmnet.status)
}
