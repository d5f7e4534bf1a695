import {
  type AttachRequest,
  hostNetns,
  type Lease,
  type MemberRequest,
  natElement,
  type Resource,
  type Share
} from "@vmnet/core"
import { tapOf } from "./tap.ts"

/** Only the tables: whether the host forwards for the bridge is up to whose it is. */
export const bridgedShares: ReadonlyArray<Share> = [
  { key: "nat", resources: [{ kind: "NatLayout", netns: hostNetns }] }
]

/** A port that speaks for nobody but its guest; everything beyond it is the bridge's own affair. */
export const bridgedResources = (request: AttachRequest, lease: Lease, bridge: string): ReadonlyArray<Resource> => [
  natElement({ _tag: "Binding", port: lease.device, mac: lease.mac, address: lease.address }),
  bridgedDevice(request, lease.device, bridge)
]

/** What stays the same whichever VM of the network has the device. */
export const bridgedDevice = (request: MemberRequest, device: string, bridge: string): Resource =>
  tapOf(request, device, { master: { link: bridge, isolated: false } })
