import { type Backend, bridgeSection, forwardingShares, hostNetns } from "@vmnet/core"
import { attachmentOf } from "./attachment.ts"
import { guestResources, publishResources } from "./guest.ts"
import { networkShare } from "./network.ts"
import { validate } from "./validate.ts"

/**
 * VMs and containers on one Ethernet segment: a bridge per network that is the guests' gateway, a TAP port for a VMM or
 * a veth into a network namespace for a container.
 */
export const bridgeBackend: Backend = {
  kind: "bridge",
  section: bridgeSection,
  defaultNetwork: { subnet: "10.213.0.0/24", addressing: "hash" },
  validate,
  plan: (request, lease) => ({
    shares: [
      { key: "nat", resources: [{ kind: "NatLayout", netns: hostNetns }] },
      networkShare(request, lease),
      ...forwardingShares(request.forwarding, hostNetns, lease.uplink)
    ],
    resources: guestResources(request, lease),
    attachment: attachmentOf(request, lease)
  }),
  publish: publishResources
}
