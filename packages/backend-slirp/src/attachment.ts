import { type Attachment, type AttachRequest, type Lease, netnsKey, type PublishLease } from "@vmnet/core"
import { netnsOf } from "./plan.ts"

export const attachmentOf = ({ backend, network: spec }: AttachRequest, lease: Lease): Attachment => ({
  apiVersion: "vmnet/v1",
  vm: lease.vm,
  generation: lease.generation,
  backend,
  network: lease.network.network,
  state: "configuring",
  guest: {
    address: `${lease.address}/${lease.network.prefix}`,
    gateway: lease.network.gateway,
    mac: lease.mac,
    dns: spec.dns,
    mtu: spec.mtu
  },
  host: { address: "127.0.0.1", uplink: lease.uplink },
  device: { kind: "tap", name: lease.device, netns: netnsKey(netnsOf(lease)), mac: null },
  publish: lease.publish.map(published)
})

const published = ({ protocol, hostAddress, hostPort, guestPort, count }: PublishLease) => ({
  protocol,
  hostAddress: hostAddress ?? "0.0.0.0",
  hostPort,
  guestPort,
  count
})
