import { Result } from "effect"
import type { Backend } from "../backend/Backend.ts"
import type { VmnetError } from "../errors/VmnetError.ts"
import { networkNameOf, usersOf } from "./checkOwnNetworks.ts"
import type { SoundNetworks } from "./completeNetworks.ts"
import type { ConfigReader } from "./ConfigReader.ts"
import type { ReadConfig } from "./decodeConfig.ts"
import { defaultOverlaps } from "./defaultOverlaps.ts"
import type { NetworkDefaults } from "./networkSpec.ts"
import type { Path } from "./Path.ts"
import type { Problem } from "./Problem.ts"
import { resolveRequest } from "./resolveRequest.ts"
import type { VmConfig } from "./sections/sections.ts"

export interface Checking {
  readonly sound: SoundNetworks
  readonly defaults: NetworkDefaults
  readonly backends: ReadonlyArray<Backend>
}

/** What `up` would refuse of each VM of the file, with nothing said on the command line. */
export const checkRequests = (read: ReadConfig, checking: Checking): void => {
  const { config, reader } = read
  for (const [network, vm] of usersOf(reader, config.vms)) checkOwnNetwork(read, checking, network, vm)
  for (const vm of Object.keys(config.vms)) {
    const isWrong = ["network", "backend"].some((option) => reader.isRefused(["vms", vm, option]))
    if (!isWrong) checkRequest(read, checking, vm)
  }
}

/** A backend's own network is written nowhere: the first VM that uses it is told. */
const checkOwnNetwork = ({ config, reader }: ReadConfig, { defaults }: Checking, network: string, vm: string): void => {
  if (Object.hasOwn(config.networks, network) || !Object.hasOwn(defaults.defaults, network)) return
  const own = { network, backend: network, settings: {} }
  const [problem] = defaultOverlaps(config.networks, own, defaults.defaults)
  if (problem !== undefined) reader.refuse(["vms", vm], `network ${network} ${problem}`)
}

const checkRequest = ({ config, reader }: ReadConfig, { sound, defaults, backends }: Checking, vm: string): void => {
  const settings = config.vms[vm]!
  const network = networkNameOf(settings)
  const own = sound.get(network)
  if (own === undefined && Object.hasOwn(config.networks, network)) return
  const request = resolveRequest({
    // Networks have been held against one another: their cost is not to be multiplied by that of the VMs.
    config: {
      ...config,
      networks: own === undefined ? {} : { [network]: own },
      vms: { [vm]: withoutRefused(reader, vm, settings) }
    },
    flags: { vm, publish: [], egress: [] },
    defaults: defaults.defaults,
    facts: { findProcess: () => null, resolvers: defaults.resolvers },
    ...(defaults.sections && { sections: defaults.sections })
  })
  if (Result.isFailure(request)) return tellAll(reader, { vm, network }, request.failure)
  const backend = backends.find(({ kind }) => kind === request.success.backend)
  const verdict = backend?.validate(request.success) ?? Result.void
  if (Result.isFailure(verdict)) reader.refuse(["vms", vm], withoutName(vm, verdict.failure.detail))
}

/** What is wrong with the rest is to be told as well. */
const withoutRefused = (reader: ConfigReader, vm: string, settings: VmConfig): VmConfig =>
  Object.fromEntries(Object.entries(settings).filter(([option]) => !reader.isRefused(["vms", vm, option])))

/** The value of an option may have been refused before, where the file was read. */
const tellAll = (reader: ConfigReader, where: Where, { details }: VmnetError): void => {
  for (const { path: text, problem } of details!["problems"] as ReadonlyArray<Problem>) {
    const path = placeOf(text, where)
    if (!reader.isRefused(path)) reader.refuse(path, problem)
  }
}

interface Where {
  readonly vm: string
  readonly network: string
}

/** `vms.api.egress.allow[0]`, as settings are called; of several the first. Names may have dots in them. */
const placeOf = (text: string, { vm, network }: Where): Path => {
  const section = [
    ["networks", network],
    ["vms", vm]
  ].find((path) => text.startsWith(path.join(".")))
  if (section === undefined) return ["vms", vm]
  const rest = text.slice(section.join(".").length).split(" ")[0]!
  const parts = Array.from(rest.matchAll(/\.([A-Za-z]+)|\[(\d+)\]/g), ([, key, index]) => key ?? Number(index))
  return [...section, ...parts]
}

/** Backends begin with the VM's name, which the path says already. */
const withoutName = (vm: string, detail: string): string =>
  detail.startsWith(`${vm}: `) ? detail.slice(vm.length + 2) : detail
