import { type Attachment, attachmentOf, type AttachRequest, type Lease, netnsKey } from "@vmnet/core"
import { netnsOf } from "./netnsOf.ts"

export const slirpAttachment = (request: AttachRequest, lease: Lease): Attachment => ({
  ...attachmentOf(request, lease, {
    kind: "tap",
    name: lease.device,
    netns: netnsKey(netnsOf(lease)),
    mac: lease.network.mac
  }),
  // Only published ports lead to the guest.
  host: { address: "127.0.0.1", uplink: lease.uplink }
})
