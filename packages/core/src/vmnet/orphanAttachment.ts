import type { Orphan } from "../ledger/OrphanRow.ts"
import type { Attachment } from "../plan/Attachment.ts"

/** A VM whose record was lost, as far as it can be seen: `failed`, and an empty text for what is not known. */
export const orphanAttachment = ({ address, device, generation, netns, network, vm }: Orphan): Attachment => ({
  apiVersion: "vmnet/v1",
  vm,
  generation,
  backend: "unknown",
  network,
  state: "failed",
  guest: { address: "", gateway: "", mac: "", dns: [], mtu: 0 },
  host: { address, uplink: null },
  device: { kind: netns === null ? "tap" : "veth", name: device, netns: null, mac: null },
  publish: []
})
