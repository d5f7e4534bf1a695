import type { Attachment, AttachRequest, Lease, Netns, PublishLease } from "@vmnet/core"
import { netnsKey } from "@vmnet/core"
import { guestInterface } from "./guest.ts"

export const attachmentOf = ({ network: spec, target }: AttachRequest, lease: Lease): Attachment => ({
  apiVersion: "vmnet/v1",
  vm: lease.vm,
  generation: lease.generation,
  backend: "bridge",
  network: lease.network.network,
  state: "configuring",
  guest: {
    address: `${lease.address}/${lease.network.prefix}`,
    gateway: lease.network.gateway,
    mac: lease.mac,
    dns: spec.dns,
    mtu: spec.mtu
  },
  host: { address: lease.address, uplink: lease.uplink },
  device:
    target === undefined
      ? { kind: "tap", name: lease.device, netns: null, mac: null }
      : { kind: "veth", name: guestInterface, netns: netnsPath(target), mac: lease.mac },
  publish: lease.publish.map(published)
})

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

const published = ({ protocol, hostAddress, hostPort, guestPort, count }: PublishLease) => ({
  protocol,
  hostAddress: hostAddress ?? "0.0.0.0",
  hostPort,
  guestPort,
  count
})
