import {
  type Backend,
  attachmentOf,
  type AttachRequest,
  forwardingShares,
  hostNetns,
  type Lease,
  netnsKey,
  netnsSection,
  publishElements,
  refuseLoopback,
  slotAddressOf,
  slotOf
} from "@vmnet/core"
import { guest } from "./guest.ts"
import { nameOfSlot, numberOfName, slotOfLease } from "./Slot.ts"
import { slotResources } from "./slotResources.ts"

/**
 * A network namespace for each guest, in which all guests are alike: the same address, MAC and gateway, so that one
 * snapshot can be resumed any number of times. Outside each is known by an address of its own.
 */
export const netnsSlotBackend: Backend = {
  kind: "netns",
  section: netnsSection,
  defaultNetwork: {
    subnet: "10.11.0.0/16",
    links: "10.12.0.0/16",
    gateway: guest.gateway,
    addressing: "lowest",
    isolated: true
  },
  identity: { mac: guest.mac },
  device: "veth",
  validate: refuseLoopback,
  namespaces: {
    nameOf: (network, address) => nameOfSlot(network, slotOf(network.subnet, address)),
    addressOf: (network, name) => {
      const number = numberOfName(network, name)
      return number === undefined ? undefined : slotAddressOf(network.subnet, number)
    }
  },
  plan: (request, lease) => ({
    shares: [
      { key: "nat", resources: [{ kind: "NatLayout", netns: hostNetns }] },
      ...forwardingShares(request.forwarding, hostNetns, lease.uplink)
    ],
    resources: slotResources(request, lease),
    attachment: attachment(request, lease)
  }),
  publish: publishElements
}

const attachment = (request: AttachRequest, lease: Lease) => {
  const { address, gateway, mac, prefix } = guest
  const netns = netnsKey(slotOfLease(request, lease).netns)
  const device = { kind: "tap", name: guest.device, netns, mac: guest.gatewayMac } as const
  return attachmentOf(request, lease, device, { address: `${address}/${prefix}`, gateway, mac })
}
