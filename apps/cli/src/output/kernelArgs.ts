import type { Attachment } from "@vmnet/core"
import { Effect } from "effect"
import type { Format, Refusal } from "./Format.ts"
import { guestDevice, guestNetwork } from "./guestNetwork.ts"

/** One label of RFC 1123: the kernel would cut a name at its first dot and take the rest for an NIS domain. */
const hostName = (vm: string): string => (/^[a-z0-9]([a-z0-9-]*[a-z0-9])?$/.test(vm) ? vm : "")

const refuses = ({ vm, device, guest }: Attachment): Refusal | undefined => {
  if (device.kind === "veth") {
    return { detail: `${vm} has a veth and no kernel of its own`, hint: "Use -o json, env or cloud-init." }
  }
  // The kernel: "IP-Config: Gateway not on directly connected network".
  return guestNetwork(guest).gatewayOnLink
    ? undefined
    : {
        detail: `the kernel takes no gateway outside of the guest's subnet, and ${guest.gateway} is not in ${guest.address}`,
        hint: "Use -o cloud-init, which can say that the gateway is on the link."
      }
}

/**
 * `ip=CLIENT:SERVER:GATEWAY:NETMASK:HOSTNAME:DEVICE:AUTOCONF:DNS0:DNS1` for the guest's kernel command line (Linux,
 * Documentation/admin-guide/nfs/nfsroot.rst). The kernel heeds it with CONFIG_IP_PNP; initramfs-tools, dracut and
 * systemd-network-generator read the same form. Without a host name the kernel takes the address for one. It has no
 * place for an MTU, nor for a third server.
 */
export const kernelArgs: Format = {
  id: "kernel-args",
  prints: "attachment",
  refuses,
  render: ({ vm, guest }) => {
    const { address, netmask } = guestNetwork(guest)
    const fields = [address, "", guest.gateway, netmask, hostName(vm), guestDevice, "none", ...guest.dns.slice(0, 2)]
    return Effect.succeed(`ip=${fields.join(":")}`)
  }
}
