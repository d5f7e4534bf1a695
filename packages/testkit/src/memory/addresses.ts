import { parseInterface } from "./ipv4.ts"
import { type LinkState, type Namespace, linkOf } from "./Namespace.ts"
import { refuse } from "./Refusal.ts"
import { addConnectedRoute, dropConnectedRoute, dropRoutesOf } from "./routes.ts"

/** In the same network of the same link as an earlier address: it has no connected route and goes with that one. */
const primaryOf = (link: LinkState, address: string): string | undefined => {
  const { network } = parseInterface(address)
  return link.addresses.find((other) => {
    const candidate = parseInterface(other).network
    return candidate.first === network.first && candidate.prefix === network.prefix
  })
}

const isSecondary = (link: LinkState, address: string): boolean => primaryOf(link, address) !== address

export const addAddress = (namespace: Namespace, name: string, address: string): void => {
  const link = linkOf(namespace, name)
  parseInterface(address)
  if (link.addresses.includes(address)) refuse("Exists", "Address already assigned.")
  const secondary = primaryOf(link, address) !== undefined
  const primaries = link.addresses.filter((a) => !isSecondary(link, a))
  const secondaries = link.addresses.filter((a) => isSecondary(link, a))
  link.addresses = secondary ? [...link.addresses, address] : [...primaries, address, ...secondaries]
  namespace.sysctls.settleDevice(name)
  if (!secondary && link.up) addConnectedRoute(namespace, link, address)
}

/**
 * A primary address takes its secondaries with it (`promote_secondaries` is 0), and the last address of a link takes
 * the link's routes and neighbours with it (`fib_disable_ip` of net/ipv4/fib_frontend.c).
 */
export const deleteAddress = (namespace: Namespace, name: string, address: string): void => {
  const link = linkOf(namespace, name)
  if (!link.addresses.includes(address)) refuse("Missing", "Address not found.")
  const takes = isSecondary(link, address) ? [address] : link.addresses.filter((a) => primaryOf(link, a) === address)
  link.addresses = link.addresses.filter((a) => !takes.includes(a))
  dropConnectedRoute(namespace, link, address)
  if (link.addresses.length === 0) dropRoutesOf(namespace, name)
}
