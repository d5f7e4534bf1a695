import { type AttachRequest, type Config, Vmnet as VmnetService, type VmnetError } from "@vmnet/core"
import { Effect } from "effect"
import { knownNetworks } from "./config/knownNetworks.ts"
import { requestOf } from "./config/requestOf.ts"
import { attachedVm, type HandleVerbs } from "./facade/attachedVm.ts"
import { configOf } from "./facade/configOf.ts"
import { downGeneration, type Generation, requireGeneration } from "./facade/generation.ts"
import { onNetwork, onPorts, onVm } from "./facade/inputs.ts"
import { checkCallOptions, checkVmnetOptions, flagsOf } from "./facade/readOptions.ts"
import { Runner, type Services } from "./facade/Runner.ts"
import { servicesOf } from "./facade/services.ts"
import type { CallOptions, UpOptions, VmnetOptions } from "./options.ts"
import type { Vmnet } from "./Vmnet.ts"

type Verb<A> = Effect.Effect<A, VmnetError, Services>

const published = (vm: unknown, specs: unknown) => onPorts(vm, specs, (vmnet, name, read) => vmnet.publish(name, read))

const unpublished = (vm: unknown, specs: unknown) =>
  onPorts(vm, specs, (vmnet, name, read) => vmnet.unpublish(name, read))

const networksIn = (config: Config) =>
  Effect.flatMap(knownNetworks(config), (known) => VmnetService.use((vmnet) => vmnet.networks(known)))

/**
 * vmnet for code that does not use Effect. Nothing is opened or changed before the first verb. Throws a `VmnetError`
 * (`BAD_INPUT`) for options it does not have.
 */
export const createVmnet = (options: VmnetOptions = {}): Vmnet => {
  checkVmnetOptions(options)
  const config = configOf(options.config)
  const runner = new Runner(servicesOf(options))

  const call = <A>(verb: string, work: Verb<A>, options: CallOptions = {}): Promise<A> => {
    checkCallOptions(verb, options)
    return runner.run(work, options.signal)
  }
  const asked = <A>(verb: string, options: UpOptions, use: (request: AttachRequest) => Verb<A>): Promise<A> => {
    const flags = flagsOf(verb, options)
    const request = Effect.flatMap(config, (read) => requestOf(flags, read))
    return runner.run(Effect.flatMap(request, use), options.signal)
  }
  const handle = (one: Generation): HandleVerbs => ({
    down: async (options) => call("down", downGeneration(one), options),
    publish: async (specs, options) =>
      call("publish", Effect.andThen(requireGeneration(one), published(one.vm, specs)), options),
    unpublish: async (specs, options) =>
      call("unpublish", Effect.andThen(requireGeneration(one), unpublished(one.vm, specs)), options)
  })
  const close = () => runner.close()

  return {
    up: async (options) => {
      const result = await asked("up", options, (request) => VmnetService.use((vmnet) => vmnet.up(request)))
      return attachedVm(handle(result.attachment), result)
    },
    plan: async (options) => asked("plan", options, (request) => VmnetService.use((vmnet) => vmnet.plan(request))),
    down: async (vm, options) =>
      call(
        "down",
        onVm(vm, (vmnet, name) => vmnet.down(name)),
        options
      ),
    list: async (options) =>
      call(
        "list",
        VmnetService.use((vmnet) => vmnet.list),
        options
      ),
    show: async (vm, options) =>
      call(
        "show",
        onVm(vm, (vmnet, name) => vmnet.show(name)),
        options
      ),
    publish: async (vm, specs, options) => call("publish", published(vm, specs), options),
    unpublish: async (vm, specs, options) => call("unpublish", unpublished(vm, specs), options),
    networks: async (options) => call("networks", Effect.flatMap(config, networksIn), options),
    removeNetwork: async (network, options) =>
      call(
        "removeNetwork",
        onNetwork(network, (vmnet, name) => vmnet.removeNetwork(name)),
        options
      ),
    status: async (options) =>
      call(
        "status",
        VmnetService.use((vmnet) => vmnet.status),
        options
      ),
    close,
    [Symbol.asyncDispose]: close
  }
}
