import type { UpResult, VmnetError } from "@vmnet/core"
import { Effect } from "effect"
import { attachedVm, type HandleVerbs } from "./facade/attachedVm.ts"
import { configOf } from "./facade/configOf.ts"
import { downGeneration, type Generation, requireGeneration } from "./facade/generation.ts"
import {
  allFlagsOf,
  checkCallOptions,
  checkDownOptions,
  checkGcOptions,
  checkVmsOptions,
  checkVmnetOptions,
  flagsOf,
  requireList
} from "./facade/readOptions.ts"
import { eachVm } from "./facade/eachVm.ts"
import { Runner, type Services } from "./facade/Runner.ts"
import { diagnosisOf, recordOf, servicesOf } from "./facade/services.ts"
import { verbs } from "./facade/verbs.ts"
import { doctorOf } from "./host/doctorOf.ts"
import type { CallOptions, VmnetOptions } from "./options.ts"
import type { Vmnet } from "./Vmnet.ts"

type Call = <A>(verb: string, work: Effect.Effect<A, VmnetError, Services>, options?: CallOptions) => Promise<A>

/** The verbs of one generation of a VM: they touch no other that has come into its place. */
const handleOf = (call: Call, one: Generation): HandleVerbs => {
  const still = requireGeneration(one)
  return {
    down: async (options = {}) => {
      checkDownOptions(options)
      const { signal, wait = false } = options
      return call("down", downGeneration(one, wait), { signal })
    },
    publish: async (specs, options) => call("publish", Effect.andThen(still, verbs.publish(one.vm, specs)), options),
    unpublish: async (specs, options) =>
      call("unpublish", Effect.andThen(still, verbs.unpublish(one.vm, specs)), options),
    resolvConf: async (rootfs, options) =>
      call("resolvConf", Effect.andThen(still, verbs.resolvConf(one.vm, rootfs)), options)
  }
}

/**
 * vmnet for code that does not use Effect. Nothing is opened or changed before the first verb. Throws a `VmnetError`
 * (`BAD_INPUT`) for options it does not have.
 */
export const createVmnet = (options: VmnetOptions = {}): Vmnet => {
  checkVmnetOptions(options)
  const config = configOf(options)
  const runner = new Runner(servicesOf(options))
  const observer = new Runner(diagnosisOf(options))
  const call: Call = (verb, work, options = {}) => {
    checkCallOptions(verb, options)
    return runner.run(work, options.signal)
  }
  const attached = (result: UpResult) => attachedVm(handleOf(call, result.attachment), result)
  const close = async () => void (await Promise.all([runner.close(), observer.close()]))
  return {
    up: async (options) => attached(await runner.run(verbs.up(flagsOf("up", options), config), options.signal)),
    upMany: async (vms, options) =>
      eachVm(await call("upMany", verbs.upMany(allFlagsOf("upMany", vms), config), options), attached),
    plan: async (options) => runner.run(verbs.plan(flagsOf("plan", options), config), options.signal),
    down: async (vm, options = {}) => {
      checkDownOptions(options)
      return runner.run(verbs.down(vm, options.wait ?? false), options.signal)
    },
    downMany: async (vms, options) =>
      eachVm(await call("downMany", verbs.downMany(requireList("downMany", vms)), options), (result) => result),
    list: async (options) => call("list", verbs.list, options),
    show: async (vm, options) => call("show", verbs.show(vm), options),
    publish: async (vm, specs, options) => call("publish", verbs.publish(vm, specs), options),
    unpublish: async (vm, specs, options) => call("unpublish", verbs.unpublish(vm, specs), options),
    resolvConf: async (vm, rootfs, options) => call("resolvConf", verbs.resolvConf(vm, rootfs), options),
    networks: async (options) => call("networks", verbs.networks(config), options),
    removeNetwork: async (network, options) => call("removeNetwork", verbs.removeNetwork(network), options),
    gc: async (options = {}) => {
      checkGcOptions(options)
      const { dryRun = false, forceHeuristic = false, signal, timeout } = options
      return runner.run(verbs.gc({ dryRun, forceHeuristic, ...(timeout === undefined ? {} : { timeout }) }), signal)
    },
    check: async (options = {}) => {
      checkVmsOptions("check", options)
      return runner.run(verbs.check(options.vms), options.signal)
    },
    repair: async (options = {}) => {
      checkVmsOptions("repair", options)
      return runner.run(verbs.repair(options.vms), options.signal)
    },
    doctor: async (given = {}) => {
      checkCallOptions("doctor", given)
      return observer.run(
        doctorOf({
          config,
          ...recordOf(options),
          ops: options.kernel === undefined ? (options.ops ?? "auto") : undefined
        }),
        given.signal
      )
    },
    status: async (options) => call("status", verbs.status, options),
    close,
    [Symbol.asyncDispose]: close
  }
}
