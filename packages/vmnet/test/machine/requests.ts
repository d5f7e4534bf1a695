import {
  type AttachRequest,
  decodeConfig,
  makeIpv4Pool,
  type NetworkSpec,
  parsePublish,
  poolInput,
  type ProcessId,
  type PublishSpec,
  resolveRequest,
  sectionsOf
} from "@vmnet/core"
import { Result } from "effect"
import { builtinBackends } from "vmnet/effect"
import { networks, type Up } from "./Operation.ts"

/** Small networks, so that each is exhausted now and then, and one that never is. */
const text = `networks:
  web:   { backend: bridge, subnet: 10.50.0.0/29, cooldown: 5 }
  db:    { backend: bridge, subnet: 10.51.0.0/24 }
  slots: { backend: netns, subnet: 10.52.0.0/29, links: 10.53.0.0/28, cooldown: 30 }
  taps:  { backend: tap, subnet: 10.54.0.0/28, pool: { warm: 2, size: 3 } }
  solo:  { backend: tap, subnet: 10.55.0.0/30, cooldown: 5 }
  user:  { backend: slirp }
`
const sections = sectionsOf(builtinBackends.map(({ section }) => section))
const config = Result.getOrThrow(decodeConfig(text, "config.yaml", sections))
const defaults = Object.fromEntries(builtinBackends.map(({ defaultNetwork, kind }) => [kind, defaultNetwork]))

const publishes = new Map<number, PublishSpec>()

export const publishSpec = (port: number): PublishSpec => {
  const spec = publishes.get(port) ?? Result.getOrThrow(parsePublish(`${port}:80`))
  publishes.set(port, spec)
  return spec
}

const resolved = (network: string, flags: { readonly ip?: string; readonly slot?: string }): AttachRequest =>
  Result.getOrThrow(
    resolveRequest({
      config,
      flags: { vm: "any", network, publish: [], egress: [], ...flags },
      defaults,
      sections,
      facts: { findProcess: () => null, resolvers: ["198.51.100.53"] }
    })
  )

const specs = new Map<string, NetworkSpec>(networks.map((network) => [network, resolved(network, {}).network]))

export const networkSpec = (network: string): NetworkSpec => specs.get(network)!

const pools = new Map(
  networks.map((network) => [network as string, Result.getOrThrow(makeIpv4Pool(poolInput(networkSpec(network))))])
)

/** The addresses that a network has for guests. */
export const poolOf = (network: string) => pools.get(network)!

/** The address that a place of a network stands for. */
export const addressAt = (network: string, place: number): string => poolOf(network).nth(place - 1)!

const known = new Map<string, AttachRequest>()

/** A place is resolved once; VMs differ in name and ports only. */
const requestAt = (network: string, place: number | undefined): AttachRequest => {
  const key = `${network} ${place}`
  const request = known.get(key) ?? resolved(network, place === undefined ? {} : placeFlags(network, place))
  known.set(key, request)
  return request
}

export const requestOf = ({ network, place, publish, vm }: Up, owner: ProcessId | undefined): AttachRequest => ({
  ...requestAt(network, place),
  vm,
  publish: publish.map(publishSpec),
  ...(owner !== undefined && { owner })
})

const placeFlags = (network: string, place: number) =>
  networkSpec(network).backend === "netns" ? { slot: `${place}` } : { ip: addressAt(network, place) }
