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
  solo:  { backend: tap, subnet: 10.55.0.0/29, cooldown: 5 }
  user:  { backend: slirp }
`
const sections = sectionsOf(builtinBackends.map(({ section }) => section))
const config = Result.getOrThrow(decodeConfig(text, "config.yaml", sections))
const defaults = Object.fromEntries(builtinBackends.map(({ defaultNetwork, kind }) => [kind, defaultNetwork]))

export const publishSpec = (port: number): PublishSpec => Result.getOrThrow(parsePublish(`${port}:80`))

const resolved = (up: Up, flags: { readonly ip?: string; readonly slot?: string }): AttachRequest =>
  Result.getOrThrow(
    resolveRequest({
      config,
      flags: { vm: up.vm, network: up.network, publish: up.publish.map((port) => `${port}:80`), egress: [], ...flags },
      defaults,
      sections,
      facts: { findProcess: () => null, resolvers: ["198.51.100.53"] }
    })
  )

const specs = new Map<string, NetworkSpec>(
  networks.map((network) => [network, resolved({ _tag: "Up", vm: "any", network, publish: [] }, {}).network])
)

export const networkSpec = (network: string): NetworkSpec => specs.get(network)!

const pools = new Map(
  networks.map((network) => [network as string, Result.getOrThrow(makeIpv4Pool(poolInput(networkSpec(network))))])
)

/** The addresses that a network has for guests. */
export const poolOf = (network: string) => pools.get(network)!

/** The address that a place of a network stands for. */
export const addressAt = (network: string, place: number): string => poolOf(network).nth(place - 1)!

const made = new Map<string, AttachRequest>()

/** What is asked for in the same words is the same request: it is resolved once. */
export const requestOf = (up: Up, owner: ProcessId | undefined): AttachRequest => {
  const words = JSON.stringify([up.vm, up.network, up.place, up.publish])
  const known = made.get(words) ?? resolved(up, up.place === undefined ? {} : placeFlags(up.network, up.place))
  made.set(words, known)
  return owner === undefined ? known : { ...known, owner }
}

const placeFlags = (network: string, place: number) =>
  networkSpec(network).backend === "netns" ? { slot: `${place}` } : { ip: addressAt(network, place) }
