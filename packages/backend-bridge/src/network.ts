import {
  type AttachRequest,
  deviceSysctls,
  hostNetns,
  type Lease,
  type NatElement,
  type NatElementResource,
  type Share
} from "@vmnet/core"

export const natElement = (element: NatElement): NatElementResource => ({
  kind: "NatElement",
  netns: hostNetns,
  element
})

/** What all guests of a network share: the rules about its bridge first, then the bridge with the gateway's address. */
export const networkShare = ({ network: spec, forwarding }: AttachRequest, { network }: Lease): Share => {
  const { device } = network
  return {
    key: `net.${network.network}`,
    resources: [
      natElement({ _tag: "Segment", device, isolated: spec.isolated }),
      ...(spec.masquerade ? [natElement({ _tag: "Masquerade", device })] : []),
      ...(spec.hostAccess ? [natElement({ _tag: "HostAccess", device })] : []),
      { kind: "Bridge", netns: hostNetns, link: device, mac: network.mac, mtu: spec.mtu },
      { kind: "Address", netns: hostNetns, link: device, address: `${network.gateway}/${network.prefix}` },
      ...deviceSysctls(forwarding, hostNetns, device)
    ]
  }
}
