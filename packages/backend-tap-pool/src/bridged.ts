import {
  type AttachRequest,
  hostNetns,
  type Lease,
  type MemberRequest,
  natElement,
  type NetworkLease,
  type Resource,
  type Share
} from "@vmnet/core"
import { tapOf } from "./tap.ts"

/** Only the tables: whether the host forwards for the bridge is up to whose it is. */
export const bridgedShares: ReadonlyArray<Share> = [
  { key: "nat", resources: [{ kind: "NatLayout", netns: hostNetns }] }
]

/** A port that speaks for nobody but its guest; everything beyond it is the bridge's own affair. */
export const bridgedResources = (request: AttachRequest, lease: Lease, bridge: string): ReadonlyArray<Resource> => {
  const { address, device, mac, network } = lease
  const [port, tap] = bridgedDevice(request, network, device, bridge)
  return [port, natElement({ _tag: "Binding", port: device, mac, address }), tap]
}

/** What stays the same whichever VM of the network has the device: the rule that it speaks for nobody, then the device. */
export const bridgedDevice = (
  request: MemberRequest,
  network: NetworkLease,
  device: string,
  bridge: string
): readonly [port: Resource, tap: Resource] => [
  natElement({ _tag: "Port", device }),
  tapOf(request, device, { mac: portMac(network), master: { link: bridge, isolated: false } })
]

/**
 * A bridge whose MAC nobody has pinned takes the lowest of its ports' (`br_stp_recalculate_bridge_id` in
 * net/bridge/br_stp_if.c): this one is higher than any a port of somebody's has. It is the same for all the TAPs of a
 * network, which the kernel allows, so that a bridge with no other ports keeps its MAC from one VM to the next.
 */
const portMac = ({ mac }: NetworkLease): string => `fe${mac.slice(2)}`
