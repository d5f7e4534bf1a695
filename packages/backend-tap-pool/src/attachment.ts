import type { Attachment, AttachRequest, Lease, PublishLease } from "@vmnet/core"

export const attachmentOf = ({ network: spec }: AttachRequest, lease: Lease): Attachment => ({
  apiVersion: "vmnet/v1",
  vm: lease.vm,
  generation: lease.generation,
  backend: "tap",
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
  device: {
    kind: "tap",
    name: lease.device,
    netns: null,
    // A port of a bridge is not who the guest talks to.
    mac: spec.bridge === undefined ? lease.network.mac : null
  },
  publish: lease.publish.map(published)
})

const published = ({ protocol, hostAddress, hostPort, guestPort, count }: PublishLease) => ({
  protocol,
  hostAddress: hostAddress ?? "0.0.0.0",
  hostPort,
  guestPort,
  count
})
