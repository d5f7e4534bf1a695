import {
  type AttachRequest,
  guestElements,
  type HelperSpec,
  type Lease,
  natElement,
  type Netns,
  type Resource,
  type SysctlResource
} from "@vmnet/core"
import { uplinkAddress, uplinkGateway, uplinkSubnet } from "./addresses.ts"
import { engineOf } from "./engine.ts"
import { uplink } from "./links.ts"
import { netnsOf } from "./netnsOf.ts"
import { addressesOf, elementsOf, forwardsOf, forwardTo } from "./publish.ts"

/**
 * A namespace that routes between two links: the guest's TAP, and the one that the user-mode network speaks Ethernet on.
 * The rules are those of the host for any other guest, and there before there is a link.
 */
export const resourcesOf = (request: AttachRequest, lease: Lease): ReadonlyArray<Resource> => {
  const netns = netnsOf(lease)
  return [
    { kind: "Helper", netns, spec: { helper: "namespace" } },
    ...rulesOf(request, lease, netns),
    ...uplinkResources(request, netns),
    ...guestResources(request, lease, netns),
    ...sysctls(lease.device, netns),
    ...network(request, lease, netns)
  ]
}

/** The rules about this one guest. Of the namespace's addresses pasta knows one only. */
const rulesOf = (request: AttachRequest, lease: Lease, netns: Netns): ReadonlyArray<Resource> => {
  const { device } = lease
  return [
    { kind: "NatLayout", netns },
    natElement({ _tag: "Segment", device, isolated: true }, netns),
    natElement({ _tag: "Masquerade", device }, netns),
    ...guestElements(request, lease, device, netns),
    ...(engineOf(request.network) === "pasta"
      ? elementsOf(lease, lease.publish, () => uplinkAddress)
      : elementsOf(lease, lease.publish))
  ]
}

/** The way out, as the namespace sees it. */
const uplinkResources = (request: AttachRequest, netns: Netns): ReadonlyArray<Resource> => [
  { kind: "Tap", netns, link: uplink, mtu: request.network.mtu },
  { kind: "Address", netns, link: uplink, address: `${uplinkAddress}/${uplinkSubnet.split("/")[1]}` },
  { kind: "Route", netns, link: uplink, destination: "default", via: uplinkGateway }
]

/** A point-to-point link: nobody but the guest is behind it, and it needs no ARP to be found. */
const guestResources = (request: AttachRequest, lease: Lease, netns: Netns): ReadonlyArray<Resource> => {
  const { address, device: link, mac, network } = lease
  return [
    { kind: "Tap", netns, link, mtu: request.network.mtu, mac: network.mac },
    { kind: "Address", netns, link, address: `${network.gateway}/32` },
    { kind: "Route", netns, link, destination: `${address}/32` },
    { kind: "Neighbour", netns, link, address, mac }
  ]
}

/** Proxy ARP: a client whose address is in the guest's subnet is, for the guest, on its link. */
const sysctls = (device: string, netns: Netns): ReadonlyArray<SysctlResource> => {
  const parameter = (link: string, name: string): SysctlResource => ({
    kind: "Sysctl",
    netns,
    key: ["net", "ipv4", "conf", link, name],
    value: "1",
    link
  })
  return [
    parameter(uplink, "forwarding"),
    parameter(device, "forwarding"),
    parameter(device, "rp_filter"),
    parameter(device, "proxy_arp")
  ]
}

/** What leads on to the host, and on slirp4netns the ports that lead back; last, when all that they meet is there. */
const network = (request: AttachRequest, lease: Lease, netns: Netns): ReadonlyArray<Resource> => {
  const spec: Resource = { kind: "Helper", netns, spec: networkSpec(request, lease) }
  return engineOf(request.network) === "pasta"
    ? [spec]
    : [...addressesOf(lease, lease.publish), spec, ...forwardsOf(lease, lease.publish)]
}

const networkSpec = ({ network }: AttachRequest, lease: Lease): HelperSpec => {
  const common = {
    link: uplink,
    mtu: network.mtu,
    subnet: uplinkSubnet,
    guestAddress: uplinkAddress,
    hostLoopback: network.hostAccess
  }
  return engineOf(network) === "pasta"
    ? { helper: "pasta", ...common, forwards: lease.publish.map((range) => forwardTo(uplinkAddress, range)) }
    : { helper: "slirp4netns", ...common }
}
