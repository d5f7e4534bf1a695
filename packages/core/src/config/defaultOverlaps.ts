import { Result } from "effect"
import { type Ipv4Prefix, overlaps, parsePrefix } from "../net/Ipv4.ts"
import type { Config } from "./Config.ts"
import type { DefaultNetworks } from "./defaults.ts"
import type { BackendKind } from "../plan/Attachment.ts"
import type { NetworkConfig } from "./sections/sections.ts"

/** A network, configured or a backend's own. */
export interface FoundNetwork {
  readonly network: string
  readonly backend: BackendKind
  readonly settings: NetworkConfig
}

/** A subnet nobody chose must not take addresses that somebody did choose. */
export const defaultOverlaps = (
  networks: Config["networks"],
  own: FoundNetwork,
  defaults: DefaultNetworks
): ReadonlyArray<string> => {
  const standard = defaults[own.backend]
  if (standard?.inside) return []
  return (["subnet", "links"] as const).flatMap((option) => {
    const prefix = standard?.[option]
    if (own.settings[option] !== undefined || prefix === undefined) return []
    return Object.entries(networks).flatMap(([network, settings]) => {
      const other = [settings.subnet, settings.links].find((other) => other !== undefined && overlap(prefix, other))
      if (network === own.network || other === undefined) return []
      return (
        `has no ${option} of its own, and the ${own.backend} backend's default ${prefix} overlaps networks.${network} ` +
        `(${other}): name a network (--network), or give networks.${own.network} ${option === "subnet" ? "a subnet" : "links"}`
      )
    })
  })
}

const overlap = (a: string, b: string): boolean => overlaps(readPrefix(a), readPrefix(b))

/** A text the configuration's schema has let through. */
const readPrefix = (text: string): Ipv4Prefix => Result.getOrThrow(parsePrefix(text))
