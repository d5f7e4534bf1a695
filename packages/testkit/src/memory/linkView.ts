import type { Configured, Link, LinkSnapshot } from "@vmnet/core"
import { parseNetwork } from "./ipv4.ts"
import type { LinkState, Namespace } from "./Namespace.ts"

/** A link as `LinkOps` shows it. */
export const linkView = (state: LinkState): Link => {
  const { link, index, type, mac, mtu, up, alias, master, addresses, isolated, owner, isOpen } = state
  return {
    link,
    index,
    type,
    mac,
    mtu,
    up,
    alias,
    master,
    addresses: [...addresses],
    ...(isolated && { isolated }),
    ...(owner !== undefined && { owner: { ...owner } }),
    ...(type === "tun" && { carrier: up && isOpen?.() === true })
  }
}

/** Links by index, routes by destination and metric, as the kernel dumps them. */
export const linkSnapshot = (namespace: Namespace): LinkSnapshot => ({
  links: [...namespace.links.values()].map(linkView),
  routes: namespace.routes
    .map(({ destination, link, via, metric }) => ({ destination, link, via, metric }))
    .toSorted((a, b) => order(a.destination) - order(b.destination) || a.metric - b.metric),
  neighbours: namespace.neighbours.map((neighbour) => ({ ...neighbour }))
})

/** What of it is on one link. */
export const configuredOn = (namespace: Namespace, name: string): Configured => {
  const { neighbours, routes } = linkSnapshot(namespace)
  const state = namespace.links.get(name)
  return {
    link: state === undefined ? null : linkView(state),
    routes: routes.filter(({ link }) => link === name),
    neighbours: neighbours.filter(({ link }) => link === name)
  }
}

const order = (destination: string): number => {
  const { first, prefix } = parseNetwork(destination)
  return first * 64 + prefix
}
