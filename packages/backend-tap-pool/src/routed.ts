import {
  type AttachRequest,
  deviceSysctls,
  forwardingShares,
  hostNetns,
  type Lease,
  type MemberRequest,
  type NetworkLease,
  type Resource,
  type Share,
  type SysctlResource
} from "@vmnet/core"
import { guestResources, natElement, publishResources } from "./policy.ts"
import { tapOf } from "./tap.ts"

export const tables: Share = { key: "nat", resources: [{ kind: "NatLayout", netns: hostNetns }] }

export const routedShares = ({ forwarding }: AttachRequest, lease: Lease): ReadonlyArray<Share> => [
  tables,
  ...forwardingShares(forwarding, hostNetns, lease.uplink)
]

/**
 * A point-to-point link: its policy before its TAP, so that the first packet is judged already, then what leads to the
 * guest. The gateway's address is on every such link; a /32 route says behind which of them a guest is.
 */
export const routedResources = (request: AttachRequest, lease: Lease): ReadonlyArray<Resource> => {
  const { address, device: link, mac, network } = lease
  const at = { netns: hostNetns, link }
  const [tap, ...rules] = routedDevice(request, network, link).toReversed()
  return [
    ...rules.toReversed(),
    ...guestResources(request.egress, lease),
    ...publishResources(lease, lease.publish),
    tap!,
    { kind: "Address", ...at, address: `${network.gateway}/32` },
    { kind: "Route", ...at, destination: `${address}/32` },
    // Known before it speaks: a resumed guest's first packet needs no ARP, and no forged answer replaces it.
    { kind: "Neighbour", ...at, address, mac },
    ...linkSysctls(request, link)
  ]
}

/** What stays the same whichever VM of the network has the device: the rules about it first, the device last. */
export const routedDevice = (
  request: MemberRequest,
  network: NetworkLease,
  device: string
): ReadonlyArray<Resource> => [
  natElement({ _tag: "Segment", device, isolated: true }),
  ...(request.network.masquerade ? [natElement({ _tag: "Masquerade", device })] : []),
  ...(request.network.hostAccess ? [natElement({ _tag: "HostAccess", device })] : []),
  tapOf(request, device, { mac: network.mac })
]

/**
 * Strict reverse path filtering (net/ipv4/fib_frontend.c) is also what keeps ARP senders that are not the guest out of
 * the host's neighbour table, which is one for the whole machine. Proxy ARP: a guest takes the others to be on its link,
 * so its answers to one that came through a published port begin with a question for that one's MAC.
 */
const linkSysctls = ({ forwarding }: AttachRequest, link: string): ReadonlyArray<SysctlResource> => {
  if (forwarding === "require") return []
  const parameter = (kind: "conf" | "neigh", name: string, value: string): SysctlResource => ({
    kind: "Sysctl",
    netns: hostNetns,
    key: ["net", "ipv4", kind, link, name],
    value,
    link
  })
  return [
    ...deviceSysctls(forwarding, hostNetns, link),
    parameter("conf", "rp_filter", "1"),
    parameter("conf", "proxy_arp", "1"),
    parameter("neigh", "proxy_delay", "0")
  ]
}
