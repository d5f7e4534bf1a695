import { Effect } from "effect"
import type { Format } from "./Format.ts"
import { onlyTap } from "./onlyTap.ts"

/** What the guest takes without being told. */
const ethernetMtu = 1500

/** A comma ends a value of QEMU; two are one (qemu(1), `-drive file=`). */
const value = (text: string): string => text.replaceAll(",", ",,")

/**
 * Arguments for QEMU (qemu(1), `-netdev tap` and `-device virtio-net-pci`) on one line, to be split into words by a
 * shell: `qemu-system-x86_64 $(vmnet show vm1 -o qemu) ...`. No word needs a quote, which would not survive that: names
 * of devices are vmnet's own, or `eth0` and the like.
 *
 * `script=no`: the TAP is complete. `host_mtu` tells the guest an MTU that it would not guess (VIRTIO_NET_F_MTU).
 */
export const qemu: Format = {
  id: "qemu",
  prints: "attachment",
  refuses: onlyTap,
  render: ({ device, guest }) => {
    const netdev = `tap,id=vmnet0,ifname=${value(device.name)},script=no,downscript=no`
    const mtu = guest.mtu === ethernetMtu ? "" : `,host_mtu=${guest.mtu}`
    return Effect.succeed(`-netdev ${netdev} -device virtio-net-pci,netdev=vmnet0,mac=${guest.mac}${mtu}`)
  }
}
