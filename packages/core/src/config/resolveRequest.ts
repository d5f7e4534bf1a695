import { Result } from "effect"
import type { VmnetError } from "../errors/VmnetError.ts"
import { parseVmName } from "../names/Name.ts"
import type { AttachRequest } from "../plan/AttachRequest.ts"
import type { Config } from "./Config.ts"
import { entry } from "./entry.ts"
import type { DefaultNetworks } from "./defaults.ts"
import type { NetworkDefaults } from "./networkSpec.ts"
import { badInput } from "./Problem.ts"
import type { RequestFacts, RequestFlags } from "./RequestFlags.ts"
import { refuseForeign } from "./refuseForeign.ts"
import { resolveNetwork, sectionsIn } from "./resolveNetwork.ts"
import {
  resolveAddress,
  resolveDevice,
  resolveEgress,
  resolveMac,
  resolveOwner,
  resolvePublish,
  resolveSlot,
  type VmSources
} from "./resolveVm.ts"
import type { Sections } from "./sections/Section.ts"
import { fromConfig, fromFlag, type Origin, SettingReader } from "./Setting.ts"

export interface ResolveInput {
  readonly config: Config
  readonly flags: RequestFlags
  readonly defaults: DefaultNetworks
  readonly facts: RequestFacts
  /** What may be configured; by default that of the backends of vmnet itself. */
  readonly sections?: Sections
}

/** A request, and for each of its settings where it came from: `flag`, `vms.api`, `networks.web`, `file`, `default`. */
export interface ResolvedRequest {
  readonly request: AttachRequest
  readonly origins: Readonly<Record<string, Origin>>
}

/**
 * Command line before `vms.NAME` before `networks.NAME` before defaults, everything checked. All problems come at once,
 * as `BAD_INPUT` with `details.problems`.
 */
export const resolveRequest = (input: ResolveInput): Result.Result<AttachRequest, VmnetError> =>
  Result.map(resolveWithOrigins(input), ({ request, origins }) => ({ ...request, origins }))

export const resolveWithOrigins = (input: ResolveInput): Result.Result<ResolvedRequest, VmnetError> => {
  const reader = new SettingReader()
  const request = readRequest(reader, input)
  return request === undefined || reader.problems.length > 0
    ? Result.fail(badInput(reader.problems))
    : Result.succeed({ request, origins: reader.origins })
}

const readRequest = (reader: SettingReader, input: ResolveInput): AttachRequest | undefined => {
  const { config, flags } = input
  const vm = reader.read({ value: flags.vm, origin: "flag", path: "VM" }, parseVmName)
  const sources = sourcesOf(input)
  const defaults = defaultsOf(input)
  const network = resolveNetwork(reader, {
    config,
    backend: fromFlag("--backend", flags.backend) ?? fromConfig(sources.section, "backend", sources.config.backend),
    network: fromFlag("--network", flags.network) ?? fromConfig(sources.section, "network", sources.config.network),
    defaults
  })
  if (network !== undefined) refuseForeign(reader, sources, network, sectionsIn(defaults))
  const options = network === undefined ? {} : (sectionsIn(defaults)[network.backend]?.vm ?? {})
  const address = "slot" in options ? resolveSlot(reader, sources, network) : resolveAddress(reader, sources, network)
  const mac = resolveMac(reader, sources)
  const owner = resolveOwner(reader, sources)
  const device = resolveDevice(reader, sources)
  const publish = resolvePublish(reader, sources)
  const egress = resolveEgress(reader, sources)
  reader.origins["forwarding"] = config.forwarding === undefined ? "default" : "file"
  if (vm === undefined || network === undefined) return undefined
  return {
    vm,
    backend: network.backend,
    network,
    forwarding: config.forwarding ?? "global",
    publish,
    egress,
    ...(address !== undefined && { address }),
    ...(mac !== undefined && { mac }),
    ...(owner !== undefined && { owner }),
    ...device
  }
}

const defaultsOf = ({ defaults, facts: { resolvers }, sections }: ResolveInput): NetworkDefaults => ({
  defaults,
  resolvers,
  ...(sections && { sections })
})

const sourcesOf = ({ config, flags, facts }: ResolveInput): VmSources => ({
  flags,
  section: `vms.${flags.vm}`,
  config: entry(config.vms, flags.vm) ?? {},
  findProcess: facts.findProcess
})
