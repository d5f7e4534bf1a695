import {
  type AttachRequest,
  deviceSysctls,
  guestElements,
  hostNetns,
  type Lease,
  natElement,
  type Netns,
  publishElements,
  type Resource,
  segmentElements,
  type SysctlResource
} from "@vmnet/core"
import { guest } from "./guest.ts"
import { type Slot, slotOfLease } from "./Slot.ts"

/**
 * A slot in creation order: the host's rules about it, the namespace with its own rules, the way between the two, the
 * guest's side, and last the host's route, without which nothing gets in. Taken down in reverse, so that the namespace
 * stays to hold on to until what is outside of it has gone.
 */
export const slotResources = (request: AttachRequest, lease: Lease): ReadonlyArray<Resource> => {
  const slot = slotOfLease(request, lease)
  return [
    ...segmentElements(request.network, lease.device, true),
    ...guestElements(request, lease, lease.device),
    ...publishElements(lease, lease.publish),
    { kind: "Netns", netns: hostNetns, name: slot.name },
    firewall(slot, lease),
    wire(request, slot),
    ...inside(request, slot),
    ...outside(request, slot, lease)
  ]
}

const firewall = ({ netns, slotEnd }: Slot, { address: outside }: Lease): Resource => {
  const { device, mac, address } = guest
  return natElement({ _tag: "Slot", device, uplink: slotEnd.link, mac, address, outside }, netns)
}

/** The slot's end is born in the slot: moving it there later costs the kernel a grace period. */
const wire = ({ network: { mtu } }: AttachRequest, { netns, hostEnd, slotEnd }: Slot): Resource => ({
  kind: "Veth",
  netns: hostNetns,
  link: hostEnd.link,
  mac: hostEnd.mac,
  mtu,
  peer: { netns, link: slotEnd.link, mac: slotEnd.mac }
})

/** The neighbours are permanent: the first packet of a resumed guest waits for no ARP. */
const inside = (request: AttachRequest, { netns, hostEnd, slotEnd }: Slot): ReadonlyArray<Resource> => {
  const { mtu } = request.network
  const tap = { kind: "Tap", netns, link: guest.device, mtu, mac: guest.gatewayMac, ...request.tapOwner } as const
  return [
    { kind: "Address", netns, link: slotEnd.link, address: `${slotEnd.address}/31` },
    { kind: "Neighbour", netns, link: slotEnd.link, address: hostEnd.address, mac: hostEnd.mac },
    { kind: "Route", netns, link: slotEnd.link, destination: "default", via: hostEnd.address },
    tap,
    { kind: "Address", netns, link: guest.device, address: `${guest.gateway}/${guest.prefix}` },
    { kind: "Neighbour", netns, link: guest.device, address: guest.address, mac: guest.mac },
    parameter(netns, guest.device, "rp_filter"),
    parameter(netns, guest.device, "forwarding"),
    parameter(netns, slotEnd.link, "forwarding")
  ]
}

/**
 * Forwarding is on in here, whatever the host's own is. Strict reverse path filtering keeps made-up ARP senders out of the
 * neighbour table, which is one for the whole machine (net/ipv4/arp.c asks the same question of a sender's address).
 */
const parameter = (netns: Netns, link: string, name: "forwarding" | "rp_filter"): SysctlResource => ({
  kind: "Sysctl",
  netns,
  key: ["net", "ipv4", "conf", link, name],
  value: "1",
  link
})

const outside = (request: AttachRequest, { hostEnd, slotEnd }: Slot, { address }: Lease): ReadonlyArray<Resource> => {
  const { link } = hostEnd
  return [
    { kind: "Address", netns: hostNetns, link, address: `${hostEnd.address}/31` },
    { kind: "Neighbour", netns: hostNetns, link, address: slotEnd.address, mac: slotEnd.mac },
    ...deviceSysctls(request.forwarding, hostNetns, link),
    { kind: "Route", netns: hostNetns, link, destination: `${address}/32`, via: slotEnd.address }
  ]
}
