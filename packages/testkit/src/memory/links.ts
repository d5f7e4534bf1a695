import type { AddBridge, AddTap, AddVeth } from "@vmnet/core"
import { addAddress } from "./addresses.ts"
import { checkLinkName, checkMac } from "./checks.ts"
import { type LinkState, type Namespace, insertLink, linkOf } from "./Namespace.ts"
import { refuse } from "./Refusal.ts"
import { addConnectedRoutes, dropRoutesOf } from "./routes.ts"

const mtuBounds = { bridge: [68, 65_535], veth: [68, 65_535], tun: [68, 65_521] } as const

const checkMtu = (type: keyof typeof mtuBounds, mtu: number): void => {
  const [least, most] = mtuBounds[type]
  if (!Number.isInteger(mtu)) refuse("Invalid", `${mtu} is not an MTU`)
  if (mtu < least) refuse("Invalid", "mtu less than device minimum.")
  if (mtu > most) refuse("Invalid", "mtu greater than device maximum.")
}

const checkFree = (namespace: Namespace, name: string): void => {
  checkLinkName(name)
  if (namespace.links.has(name)) refuse("Exists", `${name}: File exists`)
}

/** A link that was given no MAC gets one made from its index, so that runs repeat. */
const macOr = (mac: string | undefined, namespace: Namespace, prefix: string): string => {
  if (mac !== undefined) return checkMac(mac)
  const serial = namespace.nextIndex.toString(16).padStart(6, "0").match(/../g)!
  return [prefix, "00", "00", ...serial].join(":")
}

const insertOwned = (namespace: Namespace, link: Parameters<typeof insertLink>[1]): LinkState => {
  const state = insertLink(namespace, link)
  namespace.sysctls.set(["net", "ipv6", "conf", link.link, "addr_gen_mode"], "1")
  return state
}

export const addBridge = (namespace: Namespace, { link, mac, mtu }: AddBridge): void => {
  checkFree(namespace, link)
  checkMtu("bridge", mtu)
  insertOwned(namespace, { link, type: "bridge", mac: checkMac(mac), mtu })
}

export const addTap = (namespace: Namespace, { link, mtu, mac, uid, gid }: AddTap): void => {
  checkFree(namespace, link)
  checkMtu("tun", mtu)
  // Root's, where nobody is named.
  const owner = { uid: uid ?? 0, gid: gid ?? null }
  insertOwned(namespace, { link, type: "tun", mac: macOr(mac, namespace, "06"), mtu, owner })
}

/** Both ends at once, or neither. */
export const addVeth = (namespace: Namespace, target: Namespace, { link, mtu, mac, peer }: AddVeth): void => {
  checkFree(namespace, link)
  checkFree(target, peer.link)
  if (namespace === target && link === peer.link) refuse("Exists", `${link}: File exists`)
  checkMtu("veth", mtu)
  const macs = [macOr(mac, namespace, "0a"), checkMac(peer.mac)] as const
  const near = insertOwned(namespace, { link, type: "veth", mac: macs[0], mtu })
  const far = insertOwned(target, { link: peer.link, type: "veth", mac: macs[1], mtu })
  near.peer = { home: target, link: far.link }
  far.peer = { home: namespace, link: near.link }
}

export const setAlias = (namespace: Namespace, name: string, alias: string): void => {
  if (Buffer.byteLength(alias) > 255) refuse("Invalid", "alias too long")
  linkOf(namespace, name).alias = alias
}

/** BR_MAX_PORTS of net/bridge/br_private.h, less port 0, which is never given. */
const maxPorts = 1023

export const setMaster = (namespace: Namespace, name: string, master: string, isolated: boolean): void => {
  const port = linkOf(namespace, name)
  const bridge = linkOf(namespace, master)
  if (bridge.type !== "bridge") refuse("Unsupported", `${master} is not a bridge`)
  if (port.type === "bridge" || port.link === "lo") refuse("Invalid", `${name} cannot be a port of a bridge`)
  const ports = [...namespace.links.values()].filter((link) => link.master === master && link !== port)
  if (ports.length >= maxPorts) refuse("Failed", "Exchange full")
  port.master = master
  port.isolated = isolated
}

export const clearMaster = (namespace: Namespace, name: string): void => {
  const port = linkOf(namespace, name)
  port.master = null
  port.isolated = false
}

export const setMtu = (namespace: Namespace, name: string, mtu: number): void => {
  const link = linkOf(namespace, name)
  if (link.type === "bridge" || link.type === "veth" || link.type === "tun") checkMtu(link.type, mtu)
  link.mtu = mtu
}

/** The kernel forgets whom it knows there, permanent or not, even where the MAC is the same (`neigh_changeaddr`). */
export const setMac = (namespace: Namespace, name: string, mac: string): void => {
  linkOf(namespace, name).mac = checkMac(mac)
  namespace.neighbours = namespace.neighbours.filter(({ link }) => link !== name)
}

/** What is on a link stays on it under its new name, and so do its ports, its parameters and its other end. */
export const setName = (namespace: Namespace, name: string, to: string): void => {
  checkFree(namespace, to)
  const link = linkOf(namespace, name)
  link.link = to
  namespace.links.delete(name)
  namespace.links.set(to, link)
  const renamed = <A extends { readonly link: string | null }>(one: A): A =>
    one.link === name ? { ...one, link: to } : one
  namespace.routes = namespace.routes.map(renamed)
  namespace.neighbours = namespace.neighbours.map(renamed)
  namespace.sysctls.renameDevice(name, to)
  for (const port of namespace.links.values()) if (port.master === name) port.master = to
  const other = link.peer?.home.links.get(link.peer.link)
  if (other?.peer !== null && other !== undefined) other.peer = { home: namespace, link: to }
}

export const setUp = (namespace: Namespace, name: string): void => {
  const link = linkOf(namespace, name)
  if (link.up) return
  link.up = true
  if (link.link === "lo" && link.addresses.length === 0) addAddress(namespace, "lo", "127.0.0.1/8")
  addConnectedRoutes(namespace, link)
}

/** Takes the routes and neighbours with it, the addresses stay (inetdev_event of net/ipv4/devinet.c). */
export const setDown = (namespace: Namespace, name: string): void => {
  const link = linkOf(namespace, name)
  link.up = false
  dropRoutesOf(namespace, name)
}

const forget = (namespace: Namespace, name: string): void => {
  namespace.links.delete(name)
  dropRoutesOf(namespace, name)
  namespace.sysctls.removeDevice(name)
  for (const port of namespace.links.values()) {
    if (port.master !== name) continue
    port.master = null
    port.isolated = false
  }
}

/** The link, what hangs on it, and a veth's other end. */
export const removeLink = (namespace: Namespace, name: string): void => {
  if (linkOf(namespace, name).type === "") refuse("Unsupported", `${name}: Operation not supported`)
  unplug(namespace, name)
}

/** The same for any link: a physical one can be pulled out. */
export const unplug = (namespace: Namespace, name: string): void => {
  const link = linkOf(namespace, name)
  forget(namespace, name)
  if (link.peer !== null) forget(link.peer.home, link.peer.link)
}

/** Everything in a namespace that nobody refers to any more, and the ends of its veths elsewhere. */
export const removeAllLinks = (namespace: Namespace): void => {
  for (const link of namespace.links.values()) {
    if (link.type !== "") removeLink(namespace, link.link)
  }
}
