import type { Attachment } from "@vmnet/core"
import { stringify } from "yaml"
import { guestDevice, guestNetwork } from "./guestNetwork.ts"

/**
 * "Networking config Version 2" of cloud-init (its doc/rtd/reference/network-config-format-v2.rst), which is Netplan's
 * format without the `network:` around it, as cloud-init's NoCloud source reads it from a file `network-config`.
 *
 * Matched by MAC and not renamed, so that it does not matter what the guest calls its device; `eth0` is then a mere id.
 * The default route is `0.0.0.0/0`, for Netplan before 0.103 knows no `default`. `on-link` makes a neighbour of a
 * gateway outside of the guest's subnet; cloud-init's own schema does not list it, but where Netplan is the renderer the
 * whole text is passed on to Netplan, which does.
 */
const networkConfig = ({ guest }: Attachment) => ({
  version: 2,
  ethernets: {
    [guestDevice]: {
      match: { macaddress: guest.mac },
      addresses: [guest.address],
      routes: [
        { to: "0.0.0.0/0", via: guest.gateway, ...(guestNetwork(guest).gatewayOnLink ? {} : { "on-link": true }) }
      ],
      ...(guest.dns.length === 0 ? {} : { nameservers: { addresses: guest.dns } }),
      mtu: guest.mtu
    }
  }
})

/** Every string is quoted: cloud-init reads YAML 1.1, where the MAC 52:54:00:12:34:56 would be a number to base 60. */
export const networkConfigYaml = (attachment: Attachment): string =>
  stringify(networkConfig(attachment), { defaultStringType: "QUOTE_DOUBLE", defaultKeyType: "PLAIN" }).trimEnd()
