import type { AddRoute, DeleteRoute } from "@vmnet/core"
import { covers, formatNetwork, parseInterface, parseIpv4, parseNetwork } from "./ipv4.ts"
import { type LinkState, type Namespace, type RouteState, linkOf } from "./Namespace.ts"
import { refuse } from "./Refusal.ts"

export const insertRoute = (namespace: Namespace, route: RouteState): void => {
  namespace.routes = [...namespace.routes, route]
}

/** What the kernel adds for an address; none for a /32, nor for loopback, whose routes are in the local table. */
export const addConnectedRoute = (namespace: Namespace, link: LinkState, address: string): void => {
  const { network } = parseInterface(address)
  if (network.prefix === 32 || link.link === "lo") return
  const destination = formatNetwork(network)
  insertRoute(namespace, { destination, link: link.link, via: null, metric: 0, connected: address })
}

export const addConnectedRoutes = (namespace: Namespace, link: LinkState): void => {
  const seen = new Set<string>()
  for (const address of link.addresses) {
    const network = formatNetwork(parseInterface(address).network)
    if (!seen.has(network)) addConnectedRoute(namespace, link, address)
    seen.add(network)
  }
}

export const dropConnectedRoute = (namespace: Namespace, link: LinkState, address: string): void => {
  namespace.routes = namespace.routes.filter((route) => route.link !== link.link || route.connected !== address)
}

/** Routes and neighbours of a device that is gone, down, or without its last address. */
export const dropRoutesOf = (namespace: Namespace, link: string): void => {
  namespace.routes = namespace.routes.filter((route) => route.link !== link)
  namespace.neighbours = namespace.neighbours.filter((neighbour) => neighbour.link !== link)
}

/** A gateway must be on the link: a route of that device without a gateway of its own covers it. */
const onLink = (namespace: Namespace, link: string, gateway: number): boolean =>
  namespace.routes.some(
    (route) => route.link === link && route.via === null && covers(parseNetwork(route.destination), gateway)
  )

/** Strict as `NLM_F_EXCL`: one route per destination and metric, whatever its device or gateway. */
export const addRoute = (namespace: Namespace, { destination, link, via }: AddRoute): void => {
  const network = formatNetwork(parseNetwork(destination))
  const device = linkOf(namespace, link)
  if (!device.up) refuse("Invalid", "Device for nexthop is not up.")
  if (via !== undefined && !onLink(namespace, link, parseIpv4(via))) {
    refuse("Invalid", "Nexthop has invalid gateway.")
  }
  if (namespace.routes.some((route) => route.destination === network && route.metric === 0)) {
    refuse("Exists", `${network}: File exists`)
  }
  insertRoute(namespace, { destination: network, link, via: via ?? null, metric: 0 })
}

/** Without `via` any gateway matches, as `ip route del $destination dev $link` does. */
export const deleteRoute = (namespace: Namespace, { destination, link, via }: DeleteRoute): void => {
  const network = formatNetwork(parseNetwork(destination))
  linkOf(namespace, link)
  const found = namespace.routes.find(
    (route) => route.destination === network && route.link === link && (via === undefined || route.via === via)
  )
  if (found === undefined) refuse("Missing", `${network}: No such process`)
  namespace.routes = namespace.routes.filter((route) => route !== found)
}
