import type { Neighbour } from "@vmnet/core"
import { NatTables } from "./NatTables.ts"
import { refuse } from "./Refusal.ts"
import { SysctlTree } from "./SysctlTree.ts"

export interface LinkState {
  link: string
  readonly index: number
  /** As the kernel names it; empty for loopback and physical devices, which nobody can delete. */
  readonly type: string
  mac: string
  mtu: number
  up: boolean
  alias: string
  master: string | null
  /** A port that reaches no other isolated port of its bridge. */
  isolated: boolean
  /** In prefix form, primaries before secondaries, as the kernel lists them. */
  addresses: ReadonlyArray<string>
  /** Who may open a TAP besides root. */
  owner?: { readonly uid: number | null; readonly gid: number | null }
  /** Whether a running process has the TAP open; absent where none ever had. */
  isOpen?: () => boolean
  /** The other end of a veth. */
  peer: { readonly home: Namespace; readonly link: string } | null
}

export interface RouteState {
  readonly destination: string
  readonly link: string | null
  readonly via: string | null
  readonly metric: number
  /** The address whose presence made the kernel add this route. */
  readonly connected?: string
}

/** Everything one network namespace holds. */
export interface Namespace {
  readonly links: Map<string, LinkState>
  routes: ReadonlyArray<RouteState>
  neighbours: ReadonlyArray<Neighbour>
  readonly sysctls: SysctlTree
  readonly nat: NatTables
  nextIndex: number
}

/** Not even loopback. */
export const emptyNamespace = (parent?: Namespace): Namespace => ({
  links: new Map(),
  routes: [],
  neighbours: [],
  sysctls: new SysctlTree(parent?.sysctls),
  nat: new NatTables(),
  nextIndex: 1
})

/** A new namespace: loopback, down. Its parameters start from `parent`'s, as net.core.devconf_inherit_init_net=0 does. */
export const makeNamespace = (parent?: Namespace): Namespace => {
  const namespace = emptyNamespace(parent)
  insertLink(namespace, { link: "lo", type: "", mac: "00:00:00:00:00:00", mtu: 65536 })
  return namespace
}

export const insertLink = (
  namespace: Namespace,
  link: Pick<LinkState, "link" | "type" | "mac" | "mtu" | "owner">
): LinkState => {
  const index = namespace.nextIndex++
  const blank = { up: false, alias: "", master: null, isolated: false, addresses: [], peer: null }
  const state: LinkState = { ...link, ...blank, index }
  namespace.links.set(link.link, state)
  namespace.sysctls.addDevice(link.link)
  return state
}

export const linkOf = (namespace: Namespace, name: string): LinkState =>
  namespace.links.get(name) ?? refuse("Missing", `Cannot find device "${name}"`)
