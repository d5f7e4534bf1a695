import { Schema } from "effect"
import { parse } from "yaml"

/**
 * What of cloud-init's "Networking config Version 2" this program writes, by hand from the documentation (doc/rtd/
 * reference/network-config-format-v2.rst) and cloudinit/config/schemas/schema-network-config-v2.json, which allow no
 * other field beside these and more that are optional. `on-link` is from Netplan's reference.
 */
const NetworkConfig = Schema.Struct({
  version: Schema.Literal(2),
  ethernets: Schema.Record(
    Schema.String,
    Schema.Struct({
      match: Schema.Struct({ macaddress: Schema.String.check(Schema.isPattern(/^([0-9a-f]{2}:){5}[0-9a-f]{2}$/)) }),
      addresses: Schema.Array(Schema.String.check(Schema.isPattern(/^\d+\.\d+\.\d+\.\d+\/\d+$/))),
      routes: Schema.Array(
        Schema.Struct({ to: Schema.String, via: Schema.String, "on-link": Schema.optionalKey(Schema.Boolean) })
      ),
      nameservers: Schema.optionalKey(Schema.Struct({ addresses: Schema.Array(Schema.String) })),
      mtu: Schema.Int
    })
  )
})
type NetworkConfig = typeof NetworkConfig.Type
export type Ethernet = NetworkConfig["ethernets"][string]

const decode = Schema.decodeUnknownSync(NetworkConfig, { onExcessProperty: "error" })

/** Read as cloud-init reads it: YAML 1.1 (PyYAML), nothing unknown. Its only device. */
export const readNetworkConfig = (yaml: string): Ethernet => {
  const { ethernets } = decode(parse(yaml, { version: "1.1" }))
  const [ethernet, ...others] = Object.values(ethernets)
  if (ethernet === undefined || others.length > 0) throw new Error(`not one device: ${yaml}`)
  return ethernet
}

/** What cloud-init would have done of it on device `link`, in the words of ip(8). */
export const ipCommands = (
  link: string,
  { mtu, addresses, routes }: Ethernet
): ReadonlyArray<ReadonlyArray<string>> => [
  ["ip", "link", "set", link, "mtu", String(mtu)],
  ...addresses.map((address) => ["ip", "address", "add", address, "dev", link]),
  ["ip", "link", "set", link, "up"],
  ...routes.map((route) => [
    "ip",
    "route",
    "add",
    route.to,
    "via",
    route.via,
    "dev",
    link,
    ...(route["on-link"] === true ? ["onlink"] : [])
  ])
]
