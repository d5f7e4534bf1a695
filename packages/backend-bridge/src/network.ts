import { type AttachRequest, deviceSysctls, hostNetns, type Lease, segmentElements, type Share } from "@vmnet/core"

/** What all guests of a network share: the rules about its bridge first, then the bridge with the gateway's address. */
export const networkShare = ({ network: spec, forwarding }: AttachRequest, { network }: Lease): Share => {
  const { device } = network
  return {
    key: `net.${network.network}`,
    resources: [
      ...segmentElements(spec, device, spec.isolated),
      { kind: "Bridge", netns: hostNetns, link: device, mac: network.mac, mtu: spec.mtu },
      { kind: "Address", netns: hostNetns, link: device, address: `${network.gateway}/${network.prefix}` },
      ...deviceSysctls(forwarding, hostNetns, device)
    ]
  }
}
