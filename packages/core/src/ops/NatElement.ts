/**
 * One entry of the firewall layout: what varies per network or VM, as data. The chains that read these entries are
 * created once (see `NatOps`) and never re-created while guests run. Ports are 1-65535, addresses dotted IPv4.
 */
export type NatElement = Segment | Masquerade | HostAccess | Guest | Egress | Port | Binding | Publish | Slot | Detached

export type Protocol = "tcp" | "udp"

/**
 * A device whose traffic is ours to judge (a bridge, or a point-to-point TAP). Guests behind it reach nothing else of
 * ours, and one another only where the segment is not `isolated` (through the gateway as well as directly).
 */
export interface Segment {
  readonly _tag: "Segment"
  readonly device: string
  readonly isolated: boolean
}

/** Guests behind `device` leave the host with the uplink's address, except towards other segments of ours. */
export interface Masquerade {
  readonly _tag: "Masquerade"
  readonly device: string
}

/** Guests behind `device` may open connections to the host itself. Without it only ping gets through. */
export interface HostAccess {
  readonly _tag: "HostAccess"
  readonly device: string
}

/**
 * A live guest: its address behind its device, and whether it may open connections beyond its segment. Connections it
 * opens carry `mark` (1 to 2^32-1, never reused while the host is up), and only answers to marks that are still live
 * come in: a new guest on an old address never receives its predecessor's packets.
 */
export interface Guest {
  readonly _tag: "Guest"
  readonly device: string
  readonly address: string
  readonly mark: number
  readonly egress: "all" | "listed" | "none"
}

/** A destination a guest with `egress: "listed"` may reach. Ports are inclusive; absent protocol means any protocol. */
export interface Egress {
  readonly _tag: "Egress"
  readonly address: string
  readonly destination: string
  readonly protocol?: Protocol
  readonly ports?: readonly [first: number, last: number]
}

/**
 * A bridge port that is ours to judge while nobody is behind it yet, or no more: all it sends is dropped but for what a
 * `Binding` lets through. A port that is bound from its first to its last frame needs none.
 */
export interface Port {
  readonly _tag: "Port"
  readonly device: string
}

/** The only source MAC and IPv4 address a bridge port may use; frames of any other kind or source are dropped. */
export interface Binding {
  readonly _tag: "Binding"
  readonly port: string
  readonly mac: string
  readonly address: string
}

/**
 * Ports of the host answered by a guest: `count` ports from `hostPort` on become as many from `guestPort` on.
 * `hostAddress: null` means every address of the host, loopback included. Flows carry `mark` and end with the element.
 */
export interface Publish {
  readonly _tag: "Publish"
  readonly protocol: Protocol
  readonly hostAddress: string | null
  readonly hostPort: number
  readonly count: number
  readonly guestAddress: string
  readonly guestPort: number
  readonly mark: number
}

/**
 * The whole firewall of a guest's own namespace, which has no other layout: `device` is the guest's TAP and `uplink` the
 * way out. The guest at `address` is known outside as `outside` only, in both directions. It may be nobody else (neither
 * another address nor another MAC), nothing but the two of them is forwarded, and nothing in there is reached.
 */
export interface Slot {
  readonly _tag: "Slot"
  readonly device: string
  readonly uplink: string
  readonly mac: string
  readonly address: string
  readonly outside: string
}

/**
 * A device that is on its way out: nothing passes in or out through it any more, of connections that are established
 * either, whatever the other elements say. That is added at once; to delete the device makes the kernel wait.
 */
export interface Detached {
  readonly _tag: "Detached"
  readonly device: string
}

const ports = (first: number, count: number): string => (count === 1 ? `${first}` : `${first}-${first + count - 1}`)

/** The identity of an entry: two elements with the same key cannot both exist. Also the words errors use for it. */
export const natElementKey = (element: NatElement): string => {
  switch (element._tag) {
    case "Slot":
      return `slot ${element.address} as ${element.outside}`
    case "Segment":
      return `segment ${element.device}`
    case "Masquerade":
      return `masquerade ${element.device}`
    case "HostAccess":
      return `host access ${element.device}`
    case "Guest":
      return `guest ${element.address} on ${element.device}`
    case "Egress":
      return `egress ${element.address} to ${element.destination} ${element.protocol ?? "any"} ${element.ports?.join("-") ?? "any"}`
    case "Port":
      return `port ${element.device}`
    case "Detached":
      return `detached ${element.device}`
    case "Binding":
      return `binding ${element.port} ${element.mac} ${element.address}`
    case "Publish":
      return `publish ${element.hostAddress ?? "*"}:${ports(element.hostPort, element.count)}/${element.protocol}`
  }
}
