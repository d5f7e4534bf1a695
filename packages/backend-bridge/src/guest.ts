import {
  type AttachRequest,
  type EgressPolicy,
  hostNetns,
  type Lease,
  type NatElement,
  type Netns,
  type PublishLease,
  type Resource
} from "@vmnet/core"
import { natElement } from "./network.ts"

/** The interface a container finds; a VM names its own. */
export const guestInterface = "eth0"

/** What one guest needs, its policy before its port: the first frame is judged already. */
export const guestResources = (request: AttachRequest, lease: Lease): ReadonlyArray<Resource> => [
  ...policyResources(request.egress, lease),
  ...publishResources(lease, lease.publish),
  ...(request.target === undefined ? [tapPort(request, lease)] : vethPort(request, lease, request.target))
]

export const publishResources = (lease: Lease, publish: ReadonlyArray<PublishLease>): ReadonlyArray<Resource> =>
  publish.map((range) => natElement({ _tag: "Publish", guestAddress: lease.address, ...range }))

const policyResources = (policy: EgressPolicy, lease: Lease): ReadonlyArray<Resource> => {
  const { address, mac, mark, device: port } = lease
  const { device } = lease.network
  const guest = (egress: "all" | "listed" | "none"): NatElement => ({ _tag: "Guest", device, address, mark, egress })
  const binding = natElement({ _tag: "Binding", port, mac, address })
  switch (policy._tag) {
    case "Internet":
      return [natElement(guest("all")), binding]
    case "None":
      return [natElement(guest("none")), binding]
    case "Allow":
      return [
        ...policy.rules.map((rule) => natElement({ _tag: "Egress", address, ...rule })),
        natElement(guest("listed")),
        binding
      ]
  }
}

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
