import type { Attachment } from "@vmnet/core"
import { publishedText } from "../views/published.ts"

/**
 * The variables of `-o env` and of `vmnet exec`. What a VM does not have is empty and not absent, so that `eval` leaves
 * nothing of the VM before.
 */
export const environmentOf = (attachment: Attachment): Readonly<Record<string, string>> => {
  const { guest, host, device } = attachment
  const [address = "", prefix = ""] = guest.address.split("/")
  return {
    VMNET_VM: attachment.vm,
    VMNET_GENERATION: String(attachment.generation),
    VMNET_STATE: attachment.state,
    VMNET_BACKEND: attachment.backend,
    VMNET_NETWORK: attachment.network,
    VMNET_DEVICE: device.name,
    VMNET_DEVICE_KIND: device.kind,
    VMNET_DEVICE_MAC: device.mac ?? "",
    VMNET_NETNS: device.netns ?? "",
    VMNET_MAC: guest.mac,
    VMNET_ADDRESS: address,
    VMNET_PREFIX: prefix,
    VMNET_GATEWAY: guest.gateway,
    VMNET_DNS: guest.dns.join(","),
    VMNET_MTU: String(guest.mtu),
    VMNET_HOST_ADDRESS: host.address,
    VMNET_UPLINK: host.uplink ?? "",
    VMNET_PUBLISH: attachment.publish.map(publishedText).join(",")
  }
}
