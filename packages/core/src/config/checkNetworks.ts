import { Result } from "effect"
import { covers, formatPrefix, type Ipv4Prefix, parseAddressOrPrefix, parsePrefix, rangeOf } from "../net/Ipv4.ts"
import { makeIpv4Pool } from "../net/Ipv4Pool.ts"
import type { BackendKind } from "../plan/Attachment.ts"
import type { Config } from "./Config.ts"
import type { ConfigReader } from "./ConfigReader.ts"
import { defaultBackend } from "./defaults.ts"
import { kindsOf, type NetworkConfig } from "./sections/sections.ts"

type Networks = ReadonlyArray<readonly [network: string, config: NetworkConfig]>

/** Whether an option was written, right or wrong: wrong values are missing from what was decoded. */
export type HasOption = (network: string, option: string) => boolean

/** What cannot be seen in one option alone: gateways, exclusions, and subnets against one another. */
export const checkNetworks = (reader: ConfigReader, networks: Config["networks"], hasOption: HasOption): void => {
  const entries = Object.entries(networks)
  for (const [network, config] of entries) checkOwnName(reader, network, config)
  checkEachNetwork(reader, networks, hasOption)
  for (const option of ["subnet", "links"] as const) {
    checkDefaults(
      reader,
      option,
      entries.filter(([network]) => !hasOption(network, option))
    )
  }
  checkOverlaps(reader, entries)
}

/** What cannot be seen in one option alone, but in one network. */
export const checkEachNetwork = (reader: ConfigReader, networks: Config["networks"], hasOption: HasOption): void => {
  for (const [network, config] of Object.entries(networks)) {
    // Addresses cannot be held against a subnet that is wrong itself.
    if (config.subnet !== undefined || !hasOption(network, "subnet")) checkAddresses(reader, network, config)
  }
}

const backendOf = (config: NetworkConfig): BackendKind => config.backend ?? defaultBackend

/** `vmnet up --backend netns` uses the network called `netns`. */
const checkOwnName = (reader: ConfigReader, network: string, config: NetworkConfig): void => {
  const kind = kindsOf(reader.sections).find((kind) => kind === network)
  if (kind === undefined || kind === backendOf(config)) return
  reader.refuseKey(
    ["networks", network],
    `this name is that of the ${kind} backend's own network, which cannot be of the ${backendOf(config)} backend`
  )
}

const checkAddresses = (reader: ConfigReader, network: string, config: NetworkConfig): void => {
  const path = ["networks", network]
  const { subnet, gateway, exclude = [] } = config
  if (subnet === undefined) {
    for (const key of ["gateway", "exclude"] as const) {
      if (config[key] !== undefined) reader.refuse([...path, key], "needs a subnet beside it")
    }
    return
  }
  const bare = makeIpv4Pool({ subnet })
  if (Result.isFailure(bare)) return reader.refuse([...path, "subnet"], bare.failure)
  const pool = gateway === undefined ? bare : makeIpv4Pool({ subnet, gateway })
  if (Result.isFailure(pool)) reader.refuse([...path, "gateway"], pool.failure)
  checkExclusions(reader, path, subnet, exclude)
  const left = makeIpv4Pool({ subnet, exclude, gateway: Result.isSuccess(pool) ? pool.success.gateway : null })
  if (Result.isSuccess(left) && left.success.size === 0) {
    reader.refuse([...path, "exclude"], `leaves no address of ${subnet} to a guest`)
  }
}

const checkExclusions = (
  reader: ConfigReader,
  path: ReadonlyArray<string>,
  subnet: string,
  exclude: ReadonlyArray<string>
): void => {
  const outer = read(subnet)
  exclude.forEach((text, index) => {
    if (!covers(outer, read(text))) reader.refuse([...path, "exclude", index], `${text} is not within ${subnet}`)
  })
}

/** Texts the schema has let through. */
const read = (text: string): Ipv4Prefix => Result.getOrThrow(parseAddressOrPrefix(text))

/** Networks of one backend that leave the subnet (or the links) out would all have the same one. */
const checkDefaults = (reader: ConfigReader, option: "subnet" | "links", networks: Networks): void => {
  const first = new Map<BackendKind, string>()
  for (const [network, config] of networks) {
    const backend = backendOf(config)
    if (!Object.hasOwn(reader.sections[backend]!.network, option)) continue
    const other = first.get(backend)
    if (other === undefined) first.set(backend, network)
    else {
      const needs = option === "subnet" ? "needs a subnet" : "needs links of its own"
      reader.refuse(["networks", network], `${needs}: networks.${other} has the ${backend} backend's default`)
    }
  }
}

interface Placed {
  readonly network: string
  readonly option: "subnet" | "links"
  readonly order: number
  readonly prefix: Ipv4Prefix
}

/** Of two networks that overlap, the one written later is told. */
const checkOverlaps = (reader: ConfigReader, networks: Networks): void => {
  const placed = networks.flatMap(([network, config], order) =>
    (["subnet", "links"] as const).flatMap((option): ReadonlyArray<Placed> => {
      const written = config[option]
      return written === undefined ? [] : [{ network, option, order, prefix: Result.getOrThrow(parsePrefix(written)) }]
    })
  )
  placed.sort((a, b) => a.prefix.base - b.prefix.base || a.prefix.length - b.prefix.length)
  let widest: Placed | undefined
  for (const next of placed) {
    if (widest === undefined || rangeOf(widest.prefix).last < next.prefix.base) {
      widest = next
      continue
    }
    const [earlier, later] = widest.order < next.order ? [widest, next] : [next, widest]
    reader.refuse(
      ["networks", later.network, later.option],
      `${formatPrefix(later.prefix)} overlaps networks.${earlier.network} (${formatPrefix(earlier.prefix)})`
    )
  }
}
