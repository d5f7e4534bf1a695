import { Effect } from "effect"
import type { Format } from "./Format.ts"
import { guestDevice } from "./guestNetwork.ts"
import { onlyTap } from "./onlyTap.ts"

/**
 * The `network-interfaces` of a Firecracker configuration file; its one element is also the body of
 * `PUT /network-interfaces/eth0` (`NetworkInterface` in Firecracker's src/firecracker/swagger/firecracker.yaml).
 *
 * Without `mtu`: Firecracker knows it from 1.16.0 on, and every version refuses a whole file with a field it does not
 * know. The guest learns its MTU from `-o cloud-init`.
 */
export const firecracker: Format = {
  id: "firecracker",
  prints: "attachment",
  refuses: onlyTap,
  render: ({ device, guest }) =>
    Effect.succeed(
      JSON.stringify([{ iface_id: guestDevice, host_dev_name: device.name, guest_mac: guest.mac }], null, 2)
    )
}
