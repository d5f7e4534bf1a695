import { Effect } from "effect"
import type { Format } from "./Format.ts"
import { onlyTap } from "./onlyTap.ts"

/**
 * The value of Cloud Hypervisor's `--net` (the syntax: vmm/src/config.rs; the fields: `NetConfig` in
 * vmm/src/api/openapi/cloud-hypervisor.yaml).
 *
 * Without `mtu`: that would have Cloud Hypervisor set the TAP's MTU, for which it needs CAP_NET_ADMIN. The TAP has it,
 * and Cloud Hypervisor tells the guest what the TAP has (VIRTIO_NET_F_MTU, from version 27 on).
 */
export const cloudHypervisor: Format = {
  id: "cloud-hypervisor",
  prints: "attachment",
  refuses: onlyTap,
  render: ({ device, guest }) => Effect.succeed(`tap=${device.name},mac=${guest.mac}`)
}
