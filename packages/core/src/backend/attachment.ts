import type { Attachment, Published } from "../plan/Attachment.ts"
import type { AttachRequest } from "../plan/AttachRequest.ts"
import type { Lease, PublishLease } from "../plan/Lease.ts"

/** What an attachment says beside its device; a guest of a network unless told otherwise. */
export const attachmentOf = (
  { backend, network: spec }: AttachRequest,
  lease: Lease,
  device: Attachment["device"],
  guest: Partial<Attachment["guest"]> = {}
): Attachment => ({
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
    mtu: spec.mtu,
    ...guest
  },
  host: { address: lease.address, uplink: lease.uplink },
  device,
  publish: lease.publish.map(published)
})

const published = ({ protocol, hostAddress, hostPort, guestPort, count }: PublishLease): Published => ({
  protocol,
  hostAddress: hostAddress ?? "0.0.0.0",
  hostPort,
  guestPort,
  count
})
