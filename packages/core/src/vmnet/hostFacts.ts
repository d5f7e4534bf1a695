import { Effect, Result } from "effect"
import { stepError } from "../errors/stepError.ts"
import { VmnetError } from "../errors/VmnetError.ts"
import { Ledger } from "../ledger/Ledger.ts"
import { allNetworks, findNetwork, networkInUse, type NetworkRecord } from "../ledger/NetworkRow.ts"
import { overlaps, parseInterface, parsePrefix } from "../net/Ipv4.ts"
import { LinkOps, type LinkSnapshot } from "../ops/LinkOps.ts"
import { hostNetns } from "../ops/Netns.ts"
import type { NetworkSpec } from "../plan/AttachRequest.ts"
import type { NetworkFacts } from "../allocator/network.ts"

export const lookAtHost = (subject: string) =>
  Effect.gen(function* () {
    const ops = yield* LinkOps
    return yield* Effect.mapError(ops.snapshot(hostNetns), (error) => stepError(subject, "look at the host", error))
  })

/**
 * What must be known of the host before a network comes up: nothing while it has leases, else a look at links and
 * routes, which also refuses a subnet that a host route or address already covers.
 */
export const networkFacts = Effect.fnUntraced(function* (vm: string, spec: NetworkSpec) {
  const ledger = yield* Ledger
  const { live, own, networks } = yield* ledger.transact(`look up network ${spec.network}`, (tx) => ({
    live: networkInUse(tx, spec.network),
    own: findNetwork(tx, spec.network)?.device,
    networks: allNetworks(tx)
  }))
  if (live) return {} satisfies NetworkFacts
  const host = yield* lookAtHost(vm)
  yield* Effect.fromResult(refuseOverlap(spec, { host, own, networks }))
  const links = new Set(host.links.map((link) => link.link).filter((link) => link !== own))
  return { host: { uplink: uplinkOf(host), links } } satisfies NetworkFacts
})

/** The interface of the default route with the lowest metric. */
export const uplinkOf = ({ routes }: LinkSnapshot): string | null =>
  routes
    .filter((route) => route.destination === "0.0.0.0/0" && route.link !== null)
    .toSorted((a, b) => a.metric - b.metric)[0]?.link ?? null

interface Overlapping {
  readonly host: LinkSnapshot
  readonly own: string | undefined
  readonly networks: ReadonlyArray<NetworkRecord>
}

/** Addresses and routes of the network's own bridge do not count: it may still be there from its last use. */
const refuseOverlap = (spec: NetworkSpec, { host, own, networks }: Overlapping) => {
  const subnet = Result.getOrThrow(parsePrefix(spec.subnet))
  const address = host.links
    .filter((link) => link.link !== own)
    .flatMap((link) => link.addresses.map((address) => ({ link: link.link, address })))
    .find(({ address }) =>
      Result.match(parseInterface(address), {
        onSuccess: ({ prefix }) => overlaps(subnet, prefix),
        onFailure: () => false
      })
    )
  if (address !== undefined) {
    const other = networks.find(({ device }) => device === address.link)
    const words = `address ${address.address} of ${address.link}`
    return Result.fail(overlapError(spec, other === undefined ? words : `network ${other.network} (${words})`, address))
  }
  const route = host.routes
    .filter((route) => route.destination !== "0.0.0.0/0" && route.link !== own)
    .find((route) =>
      Result.match(parsePrefix(route.destination), {
        onSuccess: (prefix) => overlaps(subnet, prefix),
        onFailure: () => false
      })
    )
  if (route !== undefined) {
    const via = route.via === null ? "" : ` via ${route.via}`
    const dev = route.link === null ? "" : ` dev ${route.link}`
    return Result.fail(overlapError(spec, `route ${route.destination}${via}${dev}`, route))
  }
  return Result.succeed(undefined)
}

const overlapError = (spec: NetworkSpec, what: string, overlap: object): VmnetError =>
  new VmnetError({
    code: "SUBNET_OVERLAP",
    detail: `network ${spec.network}: subnet ${spec.subnet} overlaps the host's ${what}`,
    hint: `Choose a subnet the host does not use: networks.${spec.network}.subnet in the configuration.`,
    details: { network: spec.network, subnet: spec.subnet, overlaps: { ...overlap } }
  })
