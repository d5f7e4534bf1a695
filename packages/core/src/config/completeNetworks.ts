import { Result, Struct } from "effect"
import type { ConfigReader } from "./ConfigReader.ts"
import type { ReadConfig } from "./decodeConfig.ts"
import { defaultOverlaps } from "./defaultOverlaps.ts"
import { defaultBackend } from "./defaults.ts"
import { type NetworkDefaults, networkSpec } from "./networkSpec.ts"
import type { NetworkConfig } from "./sections/sections.ts"

/** Of the networks of a file, those that VMs can be held against, without the options that were refused. */
export type SoundNetworks = ReadonlyMap<string, NetworkConfig>

/** Networks as they are once their defaults are filled in: what is wrong with them only then. */
export const completeNetworks = (
  { reader, config: { networks }, misnamed }: ReadConfig,
  defaults: NetworkDefaults
): SoundNetworks => {
  const sound = new Map<string, NetworkConfig>()
  for (const [network, config] of Object.entries(networks)) {
    const isJudged = addressing.every((option) => !reader.isRefused(["networks", network, option]))
    if (isJudged && !reader.isRefused(["networks", network])) {
      const found = { network, backend: config.backend ?? defaultBackend, settings: config }
      const [overlap] = defaultOverlaps(networks, found, defaults.defaults)
      if (overlap !== undefined) reader.refuse(["networks", network], overlap)
    }
    const left = complete(reader, network, withoutRefused(reader, network, config), defaults)
    if (left !== undefined && isJudged) sound.set(network, left)
  }
  for (const [network, config] of Object.entries(misnamed)) {
    complete(reader, network, withoutRefused(reader, network, config), defaults)
  }
  return sound
}

/** Where one of these is wrong, defaults in its place would say nothing about the VMs. */
const addressing = ["backend", "subnet", "gateway", "links", "exclude"]

/** What is wrong with the rest is to be told as well; addresses depend on the subnet. */
const withoutRefused = (reader: ConfigReader, network: string, config: NetworkConfig): NetworkConfig => {
  const isRefused = (option: string) => reader.isRefused(["networks", network, option])
  const dependent = isRefused("subnet") ? ["gateway", "exclude"] : []
  return Struct.omit(config, [...Object.keys(config).filter(isRefused), ...dependent])
}

/** Without an option that contradicts another a network may be sound, or contradict itself in yet another way. */
const complete = (
  reader: ConfigReader,
  network: string,
  config: NetworkConfig,
  defaults: NetworkDefaults
): NetworkConfig | undefined => {
  const backend = config.backend ?? defaultBackend
  const path = ["networks", network]
  if (defaults.defaults[backend] === undefined || reader.isRefused([...path, "backend"])) return undefined
  const spec = networkSpec(network, backend, config, defaults)
  if (Result.isSuccess(spec)) return config
  const { options, problem } = spec.failure
  if (options.some((option) => reader.isRefused([...path, option]))) return undefined
  const option = options.find((option) => config[option] !== undefined)
  reader.refuse(option === undefined ? path : [...path, option], problem)
  return option === undefined ? undefined : complete(reader, network, Struct.omit(config, [option]), defaults)
}
