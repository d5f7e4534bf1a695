import { type LinkChange, type Netns, netnsKey } from "@vmnet/core"
import { childDescriptor } from "../netns/runIn.ts"

/** A line for `ip -batch -`, with the index of the change it belongs to. */
export interface Line {
  readonly text: string
  readonly index: number
}

export interface Batch {
  readonly lines: ReadonlyArray<Line>
  /** Namespaces that peers are born in; the child finds them open as descriptors 3, 4, ... in this order. */
  readonly peers: ReadonlyArray<Netns>
}

/** How a change is written: `replaceNeighbours` holds the indexes whose entry takes the place of a learned one. */
export interface BatchOptions {
  readonly netns: Netns
  /** Whether the kernel has IPv6 at all; without it there is no router solicitation to turn off. */
  readonly ipv6: boolean
  readonly replaceNeighbours: ReadonlySet<number>
}

type PeerDescriptor = (netns: Netns) => string

const quiet = (link: string, { ipv6 }: BatchOptions): ReadonlyArray<string> =>
  ipv6 ? [`link set dev ${link} addrgenmode none`] : []

/**
 * A bridge keeps its MTU once it was told one, else it follows its ports (`br_mtu_auto_adjust` in net/bridge/br_if.c). To
 * be told what it already has does not count.
 */
const otherMtu = (mtu: number): number => (mtu === 68 ? 69 : mtu - 1)

/**
 * In some changes `ip` ends at once when they fail, without naming the line (`exit(2)` in ip/ipneigh.c, `invarg` for a
 * master that is not there). A harmless request goes before them: its answer tells that they were begun.
 */
const milestone = (link: string): string => `link show dev ${link}`

export const isMilestone = ({ text }: Line): boolean => text.startsWith("link show ")

const given = (word: string, value: string | number | undefined): string =>
  value === undefined ? "" : ` ${word} ${value}`

const linesOf = (
  change: LinkChange,
  index: number,
  options: BatchOptions,
  peer: PeerDescriptor
): ReadonlyArray<string> => {
  switch (change._tag) {
    case "AddNetns":
      return [`netns add ${change.name}`]
    case "DeleteNetns":
      return [`netns delete ${change.name}`]
    case "AddBridge":
      return [
        `link add name ${change.link} address ${change.mac} mtu ${otherMtu(change.mtu)} type bridge`,
        `link set dev ${change.link} mtu ${change.mtu}${options.ipv6 ? " addrgenmode none" : ""}`
      ]
    case "AddTap":
      // iproute2 asks for IFF_TUN_EXCL: a device of that name, whoever owns it, is EBUSY and never attached to.
      return [
        `tuntap add dev ${change.link} mode tap${given("user", change.uid ?? 0)}${given("group", change.gid)}`,
        `link set dev ${change.link} mtu ${change.mtu}${given("address", change.mac)}${options.ipv6 ? " addrgenmode none" : ""}`
      ]
    case "AddVeth":
      return [
        `link add name ${change.link}${given("address", change.mac)} mtu ${change.mtu} type veth` +
          ` peer name ${change.peer.link} address ${change.peer.mac} mtu ${change.mtu}${peer(change.peer.netns)}`,
        ...quiet(change.link, options)
      ]
    case "SetAlias":
      return [`link set dev ${change.link} alias ${change.alias}`]
    case "SetMaster":
      // `bridge link set` in ip's own words; a port has to be one before it can be isolated.
      return [
        milestone(change.link),
        `link set dev ${change.link} master ${change.master}`,
        `link set dev ${change.link} type bridge_slave isolated ${change.isolated ? "on" : "off"} hairpin on group_fwd_mask 0xfffd`
      ]
    case "ClearMaster":
      return [`link set dev ${change.link} nomaster`]
    case "SetMtu":
      return [`link set dev ${change.link} mtu ${change.mtu}`]
    case "SetMac":
      return [`link set dev ${change.link} address ${change.mac}`]
    case "SetName":
      return [`link set dev ${change.link} name ${change.to}`]
    case "SetUp":
      // First, and by itself: of one message the kernel brings the link up before it reads the rest, and a veth's far end, whose
      // carrier may be there already, would have an IPv6 address by then.
      return [
        ...(options.ipv6 ? [`link set dev ${change.link} addrgenmode none`] : []),
        `link set dev ${change.link} up`
      ]
    case "AddAddress":
      return [`address add ${change.address} dev ${change.link}`]
    case "DeleteAddress":
      return [`address delete ${change.address} dev ${change.link}`]
    case "AddRoute":
      return [`route add ${change.destination}${given("via", change.via)} dev ${change.link}`]
    case "DeleteRoute":
      return [`route delete ${change.destination}${given("via", change.via)} dev ${change.link}`]
    case "AddNeighbour": {
      const verb = options.replaceNeighbours.has(index) ? "replace" : "add"
      return [
        milestone(change.link),
        `neighbour ${verb} ${change.address} lladdr ${change.mac} dev ${change.link} nud permanent`
      ]
    }
    case "DeleteNeighbour":
      return [milestone(change.link), `neighbour delete ${change.address} dev ${change.link}`]
    case "DeleteLink":
      return [`link delete dev ${change.link}`]
  }
}

/** Writes changes `from` up to `to` as one batch; indexes stay those of the whole call. */
export const toBatch = (
  changes: ReadonlyArray<LinkChange>,
  options: BatchOptions,
  from = 0,
  to = changes.length
): Batch => {
  const peers: Array<Netns> = []
  const peer: PeerDescriptor = (netns) => {
    if (netnsKey(netns) === netnsKey(options.netns)) return ""
    const known = peers.findIndex((other) => netnsKey(other) === netnsKey(netns))
    const position = known === -1 ? peers.push(netns) - 1 : known
    return ` netns /proc/self/fd/${childDescriptor(position)}`
  }
  const lines = changes.flatMap((change, index) =>
    index < from || index >= to ? [] : linesOf(change, index, options, peer).map((text) => ({ text, index }))
  )
  return { lines, peers }
}
