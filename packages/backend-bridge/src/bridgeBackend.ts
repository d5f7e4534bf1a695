import { type Backend, bridgeSection, forwardingShares, hostNetns, publishElements, refuseLoopback } from "@vmnet/core"
import { bridgeAttachment } from "./attachment.ts"
import { guestResources } from "./guest.ts"
import { networkShare } from "./network.ts"

/**
 * VMs and containers on one Ethernet segment: a bridge per network that is the guests' gateway, a TAP port for a VMM or
 * a veth into a network namespace for a container.
 */
export const bridgeBackend: Backend = {
  kind: "bridge",
  section: bridgeSection,
  defaultNetwork: { subnet: "10.213.0.0/24", addressing: "hash" },
  validate: refuseLoopback,
  plan: (request, lease) => ({
    shares: [
      { key: "nat", resources: [{ kind: "NatLayout", netns: hostNetns }] },
      networkShare(request, lease),
      ...forwardingShares(request.forwarding, hostNetns, lease.uplink)
    ],
    resources: guestResources(request, lease),
    attachment: bridgeAttachment(request, lease)
  }),
  publish: publishElements
}
