import type { AddNeighbour, Neighbour } from "@vmnet/core"
import { checkMac } from "./checks.ts"
import { parseIpv4 } from "./ipv4.ts"
import { type Namespace, linkOf } from "./Namespace.ts"
import { refuse } from "./Refusal.ts"

const findNeighbour = (namespace: Namespace, link: string, address: string): Neighbour | undefined =>
  namespace.neighbours.find((neighbour) => neighbour.link === link && neighbour.address === address)

/** Allowed on a link that is down, too. */
export const addNeighbour = (namespace: Namespace, { link, address, mac }: AddNeighbour): void => {
  linkOf(namespace, link)
  parseIpv4(address)
  if (findNeighbour(namespace, link, address) !== undefined) refuse("Exists", `${address}: File exists`)
  namespace.neighbours = [...namespace.neighbours, { link, address, mac: checkMac(mac) }]
}

export const deleteNeighbour = (namespace: Namespace, link: string, address: string): void => {
  linkOf(namespace, link)
  const found = findNeighbour(namespace, link, address)
  if (found === undefined) refuse("Missing", `${address}: No such file or directory`)
  namespace.neighbours = namespace.neighbours.filter((neighbour) => neighbour !== found)
}
