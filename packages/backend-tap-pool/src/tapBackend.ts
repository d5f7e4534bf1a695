import {
  type Attachment,
  attachmentOf,
  type AttachRequest,
  type Backend,
  type Lease,
  publishElements,
  type Share,
  tapSection
} from "@vmnet/core"
import { bridgedResources, bridgedShares } from "./bridged.ts"
import { pooling } from "./pooling.ts"
import { routedResources, routedShares } from "./routed.ts"
import { validate } from "./validate.ts"

/**
 * VMs on TAPs of their own in the host's namespace: each a point-to-point link to the host, sharing nothing with the
 * others, or a port of a bridge that somebody else runs.
 */
export const tapBackend: Backend = {
  kind: "tap",
  section: tapSection,
  defaultNetwork: { subnet: "10.214.0.0/16", addressing: "lowest", isolated: true },
  validate,
  pooling,
  plan: (request, lease) => {
    const { bridge } = request.network
    const shares: ReadonlyArray<Share> = bridge === undefined ? routedShares(request, lease) : bridgedShares
    const resources = bridge === undefined ? routedResources(request, lease) : bridgedResources(request, lease, bridge)
    return { shares, resources, attachment: attachmentOf(request, lease, deviceOf(request, lease)) }
  },
  publish: publishElements
}

/** A port of a bridge is not who the guest talks to. */
const deviceOf = ({ network }: AttachRequest, lease: Lease): Attachment["device"] => ({
  kind: "tap",
  name: lease.device,
  netns: null,
  mac: network.bridge === undefined ? lease.network.mac : null
})
