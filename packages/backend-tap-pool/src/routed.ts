import {
  type AttachRequest,
  deviceSysctls,
  forwardingShares,
  guestElements,
  hostNetns,
  type Lease,
  type MemberRequest,
  type NetworkLease,
  publishElements,
  type Resource,
  segmentElements,
  type Share,
  type SysctlResource
} from "@vmnet/core"
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
  const device = routedDevice(request, network, link)
  const ofKind = (kind: Resource["kind"]) => device.filter((resource) => resource.kind === kind)
  return [
    ...ofKind("NatElement"),
    ...guestElements(request, lease, link),
    ...publishElements(lease, lease.publish),
    ...ofKind("Tap"),
    { kind: "Address", ...at, address: `${network.gateway}/32` },
    { kind: "Route", ...at, destination: `${address}/32` },
    // Known before it speaks: a resumed guest's first packet needs no ARP, and no forged answer replaces it.
    { kind: "Neighbour", ...at, address, mac },
    ...ofKind("Sysctl"),
    ...deviceSysctls(request.forwarding, hostNetns, link)
  ]
}

/** What stays the same whichever VM of the network has the device: the rules about it first, then the device. */
export const routedDevice = (
  request: MemberRequest,
  network: NetworkLease,
  device: string
): ReadonlyArray<Resource> => [
  ...segmentElements(request.network, device, true),
  tapOf(request, device, { mac: network.mac }),
  ...tapSysctls(device)
]

/**
 * Strict reverse path filtering (net/ipv4/fib_frontend.c) is also what keeps ARP senders that are not the guest out of
 * the host's neighbour table, which is one for the whole machine. Proxy ARP: a guest takes the others to be on its link,
 * so its answers to one that came through a published port begin with a question for that one's MAC. Neither says
 * whether the host forwards: they are written in every forwarding mode, of our own device and gone with it.
 */
const tapSysctls = (link: string): ReadonlyArray<SysctlResource> => {
  const parameter = (kind: "conf" | "neigh", name: string, value: string): SysctlResource => ({
    kind: "Sysctl",
    netns: hostNetns,
    key: ["net", "ipv4", kind, link, name],
    value,
    link
  })
  return [
    parameter("conf", "rp_filter", "1"),
    parameter("conf", "proxy_arp", "1"),
    parameter("neigh", "proxy_delay", "0")
  ]
}
