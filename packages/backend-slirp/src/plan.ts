import {
  type AttachRequest,
  formatOwner,
  type ForwardResource,
  type HelperSpec,
  type Lease,
  type Netns,
  type PortForward,
  type PublishLease,
  type Resource
} from "@vmnet/core"
import { engineOf } from "./engine.ts"

/** Names inside of the VM's own namespace, where nobody else has any. */
const bridge = "vmbr0"
const uplink = "slirp0"

/** The namespace of this generation of the VM, which its first resource makes. */
export const netnsOf = ({ generation, install, vm }: Lease): Netns => ({
  _tag: "Helper",
  owner: formatOwner({ install, subject: vm, generation })
})

/**
 * A namespace, in it a bridge with two ports: the guest's TAP, and the one that the user-mode network speaks Ethernet on.
 * A TAP has one reader, so guest and network cannot share theirs.
 */
export const resourcesOf = (request: AttachRequest, lease: Lease): ReadonlyArray<Resource> => {
  const netns = netnsOf(lease)
  const { mtu } = request.network
  const port = (link: string): Resource => ({
    kind: "Tap",
    netns,
    link,
    mtu,
    master: { link: bridge, isolated: false }
  })
  const engine = engineOf(request.network)
  return [
    { kind: "Helper", netns, spec: { helper: "namespace" } },
    { kind: "Bridge", netns, link: bridge, mac: lease.network.mac, mtu },
    port(uplink),
    port(lease.device),
    { kind: "Helper", netns, spec: networkSpec(request, lease) },
    ...(engine === "slirp4netns" ? forwardsOf(lease, lease.publish) : [])
  ]
}

const networkSpec = ({ network }: AttachRequest, lease: Lease): HelperSpec => {
  const common = {
    link: uplink,
    mtu: network.mtu,
    subnet: network.subnet,
    guestAddress: lease.address,
    hostLoopback: network.hostAccess
  }
  return engineOf(network) === "pasta"
    ? { helper: "pasta", ...common, forwards: lease.publish.map((range) => forwardTo(lease, range)) }
    : { helper: "slirp4netns", ...common }
}

export const forwardsOf = (lease: Lease, publish: ReadonlyArray<PublishLease>): ReadonlyArray<ForwardResource> =>
  publish.map((range) => ({ kind: "Forward", netns: netnsOf(lease), forward: forwardTo(lease, range) }))

const forwardTo = ({ address }: Lease, range: PublishLease): PortForward => ({
  protocol: range.protocol,
  hostAddress: range.hostAddress ?? "0.0.0.0",
  hostPort: range.hostPort,
  guestAddress: address,
  guestPort: range.guestPort,
  count: range.count
})
