import { type Attachment, attachmentOf, type AttachRequest, type Lease, netnsPath } from "@vmnet/core"
import { guestInterface } from "./guest.ts"

export const bridgeAttachment = (request: AttachRequest, lease: Lease): Attachment =>
  attachmentOf(
    request,
    lease,
    request.target === undefined
      ? { kind: "tap", name: lease.device, netns: null, mac: null }
      : { kind: "veth", name: guestInterface, netns: netnsPath(request.target), mac: lease.mac }
  )
