import { type Attachment, attachmentOf, type AttachRequest, type Lease, type Netns, netnsKey } from "@vmnet/core"
import { guestInterface } from "./guest.ts"

export const bridgeAttachment = (request: AttachRequest, lease: Lease): Attachment =>
  attachmentOf(
    request,
    lease,
    request.target === undefined
      ? { kind: "tap", name: lease.device, netns: null, mac: null }
      : { kind: "veth", name: guestInterface, netns: netnsPath(request.target), mac: lease.mac }
  )

const netnsPath = (netns: Netns): string | null => {
  switch (netns._tag) {
    case "Host":
      return null
    case "Path":
      return netns.path
    case "Process":
      return `/proc/${netns.pid}/ns/net`
    case "Helper":
      return netnsKey(netns)
  }
}
