import type { HelperSpec, PortForward } from "../ops/Helpers.ts"
import type { ResolverMount } from "../ops/MountOps.ts"
import type { NatElement } from "../ops/NatElement.ts"
import type { Netns } from "../ops/Netns.ts"
import type { SysctlKey } from "../ops/SysctlOps.ts"

/**
 * One kernel object as plain data: a kind, an identity within its namespace, and what it should be. Resources are what
 * plans are made of, what the ledger remembers, and what rollback, `down`, `gc` and `check` work on.
 *
 * Order in a plan is creation order; deletion is the reverse.
 */
export type Resource =
  | NetnsResource
  | NatLayoutResource
  | NatElementResource
  | BridgeResource
  | TapResource
  | VethResource
  | AddressResource
  | RouteResource
  | NeighbourResource
  | SysctlResource
  | ResolvConfResource
  | HelperResource
  | ForwardResource

/** A namespace by name, in which everything else of its guest lives and goes with it. `netns` is where it is made. */
export interface NetnsResource {
  readonly kind: "Netns"
  readonly netns: Netns
  readonly name: string
}

/** The tables, sets and chains of this install in one namespace. */
export interface NatLayoutResource {
  readonly kind: "NatLayout"
  readonly netns: Netns
}

export interface NatElementResource {
  readonly kind: "NatElement"
  readonly netns: Netns
  readonly element: NatElement
}

export interface BridgeResource {
  readonly kind: "Bridge"
  readonly netns: Netns
  readonly link: string
  readonly mac: string
  readonly mtu: number
}

export interface TapResource {
  readonly kind: "Tap"
  readonly netns: Netns
  readonly link: string
  readonly mtu: number
  readonly mac?: string
  readonly uid?: number
  readonly gid?: number
  /** The bridge it is a port of, and whether the port is isolated from other isolated ports. */
  readonly master?: { readonly link: string; readonly isolated: boolean }
}

/** Both ends of a veth pair; the peer lives in its own namespace and goes with this end. */
export interface VethResource {
  readonly kind: "Veth"
  readonly netns: Netns
  readonly link: string
  readonly mtu: number
  readonly mac?: string
  readonly master?: { readonly link: string; readonly isolated: boolean }
  readonly peer: { readonly netns: Netns; readonly link: string; readonly mac: string }
}

export interface AddressResource {
  readonly kind: "Address"
  readonly netns: Netns
  readonly link: string
  readonly address: string
}

export interface RouteResource {
  readonly kind: "Route"
  readonly netns: Netns
  readonly link: string
  readonly destination: string
  readonly via?: string
}

export interface NeighbourResource {
  readonly kind: "Neighbour"
  readonly netns: Netns
  readonly link: string
  readonly address: string
  readonly mac: string
}

/**
 * A kernel parameter held at a value. What was found before the first change is recorded in the ledger beside it
 * (`SysctlMemo`); deletion puts that back, only if the value is still ours. `link` names the device the parameter
 * belongs to when it belongs to one of ours and goes with it: then nothing is put back, unless the device stays (that of a
 * pool), which gets what a new one has.
 */
export interface SysctlResource {
  readonly kind: "Sysctl"
  readonly netns: Netns
  readonly key: SysctlKey
  readonly value: string
  readonly link?: string
}

/** A resolver file over that of a rootfs. It is in a mount namespace, no network's: `netns` is the host's by custom. */
export interface ResolvConfResource {
  readonly kind: "ResolvConf"
  readonly netns: Netns
  readonly mount: ResolverMount
}

/** A process that lives as long as its VM, in or for the namespace that the VM's `namespace` helper holds. */
export interface HelperResource {
  readonly kind: "Helper"
  readonly netns: Netns
  readonly spec: HelperSpec
}

/** Host ports that the VM's slirp4netns answers. It goes when that ends. */
export interface ForwardResource {
  readonly kind: "Forward"
  readonly netns: Netns
  readonly forward: PortForward
}

export type ResourceKind = Resource["kind"]
