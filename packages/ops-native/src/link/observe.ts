import type { Configured, Link, LinkSnapshot, Neighbour, Route } from "@vmnet/core"
import { decodeAddress, type ObservedAddress } from "./decodeAddress.ts"
import { decodeLink, type ObservedLink } from "./decodeLink.ts"
import { decodeNeighbour, type ObservedNeighbour } from "./decodeNeighbour.ts"
import { decodeRoute, type ObservedRoute } from "./decodeRoute.ts"
import { listAddresses } from "./encodeAddress.ts"
import { getLink, listLinks } from "./encodeLink.ts"
import { listNeighbours } from "./encodeNeighbour.ts"
import { listRoutes } from "./encodeRoute.ts"
import { ENODEV, Refused } from "./Refused.ts"
import type { Rtnetlink } from "./Rtnetlink.ts"

/** Names by index. One that is not known is looked up; one that has gone meanwhile is called as `ip` calls it. */
type NameOf = (index: number) => string

const namesOver = (links: Rtnetlink, known: ReadonlyArray<ObservedLink> = []): NameOf => {
  const names = new Map(known.map(({ index, name }) => [index, name]))
  return (index) => {
    const found = names.get(index) ?? nameIn(links.get(getLink({ index }))) ?? `if${index}`
    names.set(index, found)
    return found
  }
}

const nameIn = (message: Uint8Array | undefined): string | undefined =>
  message === undefined ? undefined : decodeLink(message)?.name

const present = <A>(items: ReadonlyArray<A | undefined>): ReadonlyArray<A> =>
  items.filter((item): item is A => item !== undefined)

const toLink = (link: ObservedLink, addresses: ReadonlyArray<ObservedAddress>, nameOf: NameOf): Link => ({
  link: link.name,
  index: link.index,
  type: link.type,
  mac: link.mac,
  mtu: link.mtu,
  up: link.up,
  alias: link.alias,
  master: link.master === 0 ? null : nameOf(link.master),
  addresses: addresses.filter((one) => one.link === link.index).map(({ address }) => address),
  ...(link.isolated && { isolated: true as const }),
  ...(link.type === "tun" && { carrier: link.carrier }),
  ...(link.owner !== undefined && { owner: link.owner })
})

/** One route per next hop: what leaves through two uplinks is two routes with the same destination. */
const toRoutes = ({ destination, hops, metric }: ObservedRoute, nameOf: NameOf): ReadonlyArray<Route> =>
  hops.map(({ link, via }) => ({
    destination,
    link: link === undefined ? null : nameOf(link),
    via,
    metric
  }))

const toNeighbour = ({ address, link, mac }: ObservedNeighbour, nameOf: NameOf): Neighbour => ({
  link: nameOf(link),
  address,
  mac
})

const addressesOn = (links: Rtnetlink, index?: number): ReadonlyArray<ObservedAddress> =>
  present(links.list(listAddresses(index)).map(decodeAddress))

/** A link that goes away between two questions about it is not there. */
const unlessGone = <A>(ask: () => A, gone: A): A => {
  try {
    return ask()
  } catch (cause) {
    if (cause instanceof Refused && cause.errno === ENODEV) return gone
    throw cause
  }
}

/** The kernel's own answer to the request for that name, never a conclusion from a listing. */
export const findLink = (links: Rtnetlink, name: string): Link | null => {
  const message = links.get(getLink({ link: name }))
  const found = message === undefined ? undefined : decodeLink(message)
  if (found === undefined) return null
  return unlessGone(() => toLink(found, addressesOn(links, found.index), namesOver(links)), null)
}

const nothingOn: Configured = { link: null, routes: [], neighbours: [] }

const on = (links: Rtnetlink, link: Link, name: string): Configured => {
  const nameOf: NameOf = () => name
  const routes = present(links.list(listRoutes(link.index)).map(decodeRoute))
  const neighbours = present(links.list(listNeighbours(link.index)).map(decodeNeighbour))
  const isOn = ({ hops, several }: ObservedRoute): boolean => !several && hops[0]?.link === link.index
  return {
    link,
    routes: routes.filter(isOn).flatMap((route) => toRoutes(route, nameOf)),
    neighbours: neighbours.filter((entry) => entry.link === link.index).map((entry) => toNeighbour(entry, nameOf))
  }
}

/** A link and what is on it, each listed for that link alone. Routes over several next hops are on none of theirs. */
export const findConfigured = (links: Rtnetlink, name: string): Configured => {
  const link = findLink(links, name)
  return link === null ? nothingOn : unlessGone(() => on(links, link, name), nothingOn)
}

/** Everything there is. */
export const observeAll = (links: Rtnetlink): LinkSnapshot => {
  const observed = present(links.list(listLinks).map(decodeLink))
  const addresses = Map.groupBy(addressesOn(links), ({ link }) => link)
  const nameOf = namesOver(links, observed)
  return {
    links: observed.map((link) => toLink(link, addresses.get(link.index) ?? [], nameOf)),
    routes: present(links.list(listRoutes()).map(decodeRoute)).flatMap((route) => toRoutes(route, nameOf)),
    neighbours: present(links.list(listNeighbours()).map(decodeNeighbour)).map((entry) => toNeighbour(entry, nameOf))
  }
}
