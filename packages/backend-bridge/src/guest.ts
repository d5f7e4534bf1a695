import {
  type AttachRequest,
  guestElements,
  hostNetns,
  type Lease,
  natElement,
  type Netns,
  publishElements,
  type Resource
} from "@vmnet/core"

/** The interface a container finds; a VM names its own. */
export const guestInterface = "eth0"

/** What one guest needs, its policy before its port: the first frame is judged already. */
export const guestResources = (request: AttachRequest, lease: Lease): ReadonlyArray<Resource> => [
  ...guestElements(request, lease, lease.network.device),
  natElement({ _tag: "Binding", port: lease.device, mac: lease.mac, address: lease.address }),
  ...publishElements(lease, lease.publish),
  ...(request.target === undefined ? [tapPort(request, lease)] : vethPort(request, lease, request.target))
]

const portOf = ({ network: spec }: AttachRequest, { device: link, network }: Lease) => ({
  netns: hostNetns,
  link,
  mtu: spec.mtu,
  master: { link: network.device, isolated: spec.isolated }
})

const tapPort = (request: AttachRequest, lease: Lease): Resource => ({
  kind: "Tap",
  ...portOf(request, lease),
  ...request.tapOwner
})

const vethPort = (request: AttachRequest, lease: Lease, netns: Netns): ReadonlyArray<Resource> => {
  const { address, mac, network } = lease
  const link = guestInterface
  return [
    { kind: "Veth", ...portOf(request, lease), peer: { netns, link, mac } },
    { kind: "Address", netns, link, address: `${address}/${network.prefix}` },
    { kind: "Route", netns, link, destination: "default", via: network.gateway }
  ]
}
