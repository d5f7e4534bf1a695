import { Result } from "effect"
import { makeIpv4Pool } from "../net/Ipv4Pool.ts"
import type { BackendKind } from "../plan/Attachment.ts"
import type { NetworkSpec } from "../plan/AttachRequest.ts"
import type { Config } from "./Config.ts"
import { defaultBackend, type DefaultNetworks, networkDefaults } from "./defaults.ts"
import type { Contradiction, Sections } from "./sections/Section.ts"
import { builtinSections, type NetworkConfig, ownOptions } from "./sections/sections.ts"

/** What fills in where a network says nothing. */
export interface NetworkDefaults {
  readonly defaults: DefaultNetworks
  /** The host's own resolvers that a guest could use (`HostProbe.resolvers`). */
  readonly resolvers: ReadonlyArray<string>
  /** What may be configured; by default that of the backends of vmnet itself. */
  readonly sections?: Sections
}

/** A network with every default filled in. It fails where its backend is not built in, or where it contradicts itself. */
export const networkSpec = (
  network: string,
  backend: BackendKind,
  config: NetworkConfig,
  defaults: NetworkDefaults
): Result.Result<NetworkSpec, Contradiction> =>
  Result.mapError(complete(network, backend, config, defaults), (refusal) =>
    typeof refusal === "string" ? { options: [], problem: refusal } : refusal
  )

const complete = (
  network: string,
  backend: BackendKind,
  config: NetworkConfig,
  { defaults, resolvers, sections = builtinSections }: NetworkDefaults
): Result.Result<NetworkSpec, string | Contradiction> =>
  Result.gen(function* () {
    const own = defaults[backend]
    const section = sections[backend]
    if (own === undefined || section === undefined) return yield* Result.fail(notBuiltIn(backend, defaults))
    const subnet = config.subnet ?? own.subnet
    const pool = yield* makeIpv4Pool({ ...config, subnet, ...(own.gateway !== undefined && { gateway: null }) })
    const links = config.links ?? own.links
    const options = ownOptions(section, config)
    const spec: NetworkSpec = {
      network,
      backend,
      subnet,
      gateway: own.gateway ?? pool.gateway!,
      dns: config.dns ?? own.dns ?? resolvers,
      mtu: config.mtu ?? own.mtu ?? networkDefaults.mtu,
      addressing: config.addressing ?? own.addressing,
      exclude: config.exclude ?? networkDefaults.exclude,
      isolated: config.isolated ?? own.isolated ?? networkDefaults.isolated,
      hostAccess: config.hostAccess ?? networkDefaults.hostAccess,
      masquerade: config.masquerade ?? networkDefaults.masquerade,
      cooldown: config.cooldown ?? networkDefaults.cooldown,
      ...(links !== undefined && { links }),
      ...(own.inside && { inside: own.inside }),
      ...(Object.keys(options).length > 0 && { options })
    }
    return yield* section.complete === undefined ? Result.succeed(spec) : section.complete(spec)
  })

const notBuiltIn = (backend: BackendKind, defaults: DefaultNetworks): string =>
  `this program has no ${backend} backend (it has ${Object.keys(defaults).join(", ") || "none"})`

/** The configured networks whose backends are built in, in the order of the file. */
export const networksOf = (config: Config, defaults: NetworkDefaults): ReadonlyArray<NetworkSpec> =>
  Object.entries(config.networks).flatMap(([network, entry]) => {
    const spec = networkSpec(network, entry.backend ?? defaultBackend, entry, defaults)
    return Result.isSuccess(spec) ? [spec.success] : []
  })

/** The backends' own networks, used where nothing names one, but for those the file configures. */
export const defaultNetworksOf = (config: Config, defaults: NetworkDefaults): ReadonlyArray<NetworkSpec> =>
  Object.keys(defaults.defaults)
    .filter((kind) => config.networks[kind] === undefined)
    .flatMap((kind) => {
      const spec = networkSpec(kind, kind, {}, defaults)
      return Result.isSuccess(spec) ? [spec.success] : []
    })
