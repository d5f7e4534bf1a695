import { Result } from "effect"
import type { Parsed } from "../names/Parsed.ts"
import { quote } from "../names/quote.ts"
import type { Route } from "../ops/LinkOps.ts"
import { formatPrefix, type Ipv4Prefix, overlaps, parseAddressOrPrefix, parseInterface } from "./Ipv4.ts"

/** What a host has already, as observed: texts may be hostile, and one that cannot be read counts as overlapping. */
export interface OccupiedSpace {
  readonly routes: ReadonlyArray<Pick<Route, "destination" | "link">>
  /** In prefix form, as `Link.addresses` has them; IPv6 ones are ignored. */
  readonly addresses: ReadonlyArray<{ readonly address: string; readonly link: string }>
  readonly networks: ReadonlyArray<{ readonly network: string; readonly subnet: string }>
}

/** Whose own network and device are not in the way of the subnet: those it is meant for. */
export interface SubnetOwner {
  readonly network?: string
  readonly link?: string
}

export interface Overlap {
  readonly kind: "route" | "address" | "network"
  /** The destination, address or network name that is in the way. */
  readonly what: string
  /** For a person: `10.0.42.0/24 overlaps the route to 10.0.0.0/8 on tun0`. */
  readonly problem: string
}

/**
 * The first thing of the host that a subnet would collide with: another network of ours, an address, a route. A default
 * route is in nobody's way, and neither are the two halves (`0.0.0.0/1`, `128.0.0.0/1`) that VPNs put in its place. A
 * route to exactly the subnet is a collision unless it is on the owner's device.
 */
export const findOverlap = (subnet: Ipv4Prefix, space: OccupiedSpace, owner: SubnetOwner = {}): Overlap | undefined => {
  for (const { kind, what, where, prefix } of occupants(space, owner)) {
    if (Result.isFailure(prefix)) return { kind, what, problem: `${where} cannot be read: ${prefix.failure}` }
    if (overlaps(subnet, prefix.success)) return { kind, what, problem: `${formatPrefix(subnet)} overlaps ${where}` }
  }
  return undefined
}

interface Occupant {
  readonly kind: Overlap["kind"]
  readonly what: string
  readonly where: string
  readonly prefix: Parsed<Ipv4Prefix>
}

const occupants = (space: OccupiedSpace, owner: SubnetOwner): ReadonlyArray<Occupant> => [
  ...space.networks.filter(({ network }) => network !== owner.network).map(networkOccupant),
  ...space.addresses.filter(({ address, link }) => !isOwn(link, owner) && !address.includes(":")).map(addressOccupant),
  ...space.routes.filter(({ destination, link }) => !isOwn(link, owner) && !isDefault(destination)).map(routeOccupant)
]

const isOwn = (link: string | null, owner: SubnetOwner): boolean => link !== null && link === owner.link

const isDefault = (destination: string): boolean => /^(default|0\.0\.0\.0\/[01]|128\.0\.0\.0\/1)$/.test(destination)

const networkOccupant = ({ network, subnet }: OccupiedSpace["networks"][number]): Occupant => ({
  kind: "network",
  what: network,
  where: `network ${shown(network)} (${shown(subnet)})`,
  prefix: parseAddressOrPrefix(subnet)
})

const addressOccupant = ({ address, link }: OccupiedSpace["addresses"][number]): Occupant => ({
  kind: "address",
  what: address,
  where: `the address ${shown(address)} of ${shown(link)}`,
  prefix: Result.map(parseInterface(address), ({ prefix }) => prefix)
})

const routeOccupant = ({ destination, link }: OccupiedSpace["routes"][number]): Occupant => ({
  kind: "route",
  what: destination,
  where: `the route to ${shown(destination)}${link === null ? "" : ` on ${shown(link)}`}`,
  prefix: parseAddressOrPrefix(destination)
})

const shown = (text: string): string => (/^[A-Za-z0-9._/-]{1,63}$/.test(text) ? text : quote(text))
