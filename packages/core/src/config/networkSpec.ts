import { Result } from "effect"
import type { Parsed } from "../names/Parsed.ts"
import { makeIpv4Pool } from "../net/Ipv4Pool.ts"
import type { BackendKind } from "../plan/Attachment.ts"
import type { NetworkSpec } from "../plan/AttachRequest.ts"
import type { Config } from "./Config.ts"
import { defaultBackend, type DefaultNetworks, networkDefaults } from "./defaults.ts"
import type { NetworkConfig } from "./sections/sections.ts"

/** What fills in where a network says nothing. */
export interface NetworkDefaults {
  readonly defaults: DefaultNetworks
  /** The host's own resolvers that a guest could use (`HostProbe.resolvers`). */
  readonly resolvers: ReadonlyArray<string>
}

/** A network with every default filled in. It fails where its backend is not built in. */
export const networkSpec = (
  network: string,
  backend: BackendKind,
  config: NetworkConfig,
  { defaults, resolvers }: NetworkDefaults
): Parsed<NetworkSpec> =>
  Result.gen(function* () {
    const own = defaults[backend]
    if (own === undefined) return yield* Result.fail(notBuiltIn(backend, defaults))
    const subnet = config.subnet ?? own.subnet
    const { gateway } = yield* makeIpv4Pool({ ...config, subnet })
    return {
      network,
      backend,
      subnet,
      gateway,
      dns: config.dns ?? resolvers,
      mtu: config.mtu ?? networkDefaults.mtu,
      addressing: config.addressing ?? own.addressing,
      exclude: config.exclude ?? networkDefaults.exclude,
      isolated: config.isolated ?? networkDefaults.isolated,
      hostAccess: config.hostAccess ?? networkDefaults.hostAccess,
      masquerade: config.masquerade ?? networkDefaults.masquerade,
      cooldown: config.cooldown ?? networkDefaults.cooldown
    }
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
  (Object.keys(defaults.defaults) as ReadonlyArray<BackendKind>)
    .filter((kind) => config.networks[kind] === undefined)
    .flatMap((kind) => {
      const spec = networkSpec(kind, kind, {}, defaults)
      return Result.isSuccess(spec) ? [spec.success] : []
    })
