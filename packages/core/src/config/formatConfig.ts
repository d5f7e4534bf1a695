import { Result, Struct } from "effect"
import { formatTapOwner, parseTapOwner } from "../names/ids.ts"
import { Mac } from "../names/Mac.ts"
import { formatEgress, parseEgress } from "../net/Egress.ts"
import { formatPublish, parsePublish } from "../net/Publish.ts"
import { backendOfNetwork } from "./backendOf.ts"
import type { Config } from "./Config.ts"
import { defaultBackend } from "./defaults.ts"
import { type NetworkDefaults, networkSpec } from "./networkSpec.ts"
import { builtinSections, type NetworkConfig, type VmConfig } from "./sections/sections.ts"

/**
 * The configuration with every default written out, as JSON data that is itself a configuration meaning the same.
 * Networks of backends that are not built in stay as written.
 */
export const formatConfig = (config: Config, defaults: NetworkDefaults): Config => ({
  networks: mapEntries(config.networks, (network, settings) => formatNetwork(network, settings, defaults)),
  vms: mapEntries(config.vms, (_, settings) => formatVm(config, settings, defaults)),
  forwarding: config.forwarding ?? "global"
})

const mapEntries = <A, B>(record: Readonly<Record<string, A>>, f: (key: string, value: A) => B): Record<string, B> =>
  Object.fromEntries(Object.entries(record).map(([key, value]) => [key, f(key, value)]))

/** The options a section has, in its order: a default of some other backend's option means nothing here. */
const honoured = <A extends object>(options: A, section: object): Partial<A> =>
  Object.fromEntries(
    Object.keys(section)
      .filter((key) => Object.hasOwn(options, key))
      .map((key) => [key, options[key as keyof A]])
  ) as Partial<A>

const formatNetwork = (network: string, settings: NetworkConfig, defaults: NetworkDefaults): NetworkConfig => {
  const backend = settings.backend ?? defaultBackend
  const spec = networkSpec(network, backend, settings, defaults)
  const filled: NetworkConfig = Result.isSuccess(spec)
    ? { ...settings, ...Struct.omit(spec.success, ["network"]) }
    : settings
  return { backend, ...honoured(filled, (defaults.sections ?? builtinSections)[backend]!.network) }
}

const formatVm = (config: Config, settings: VmConfig, { sections = builtinSections }: NetworkDefaults): VmConfig => {
  const network = settings.network ?? settings.backend ?? defaultBackend
  const backend = settings.backend ?? backendOfNetwork(config.networks, network, sections) ?? defaultBackend
  const filled: VmConfig = {
    ...settings,
    network,
    publish: (settings.publish ?? []).map((text) => formatPublish(Result.getOrThrow(parsePublish(text)))),
    egress: formatPolicy(settings.egress ?? "internet"),
    ...(settings.mac !== undefined && { mac: Result.getOrThrow(Mac.parse(settings.mac)) }),
    ...(settings.tapOwner !== undefined && {
      tapOwner: formatTapOwner(Result.getOrThrow(parseTapOwner(`${settings.tapOwner}`)))
    })
  }
  return { backend, ...honoured(filled, sections[backend]!.vm) }
}

const formatPolicy = (egress: NonNullable<VmConfig["egress"]>): NonNullable<VmConfig["egress"]> =>
  typeof egress === "string" ? egress : { allow: formatEgress(Result.getOrThrow(parseEgress(egress.allow))) }
