import { Struct } from "effect"
import { networkFields, vmFields } from "./fields.ts"
import type { Section } from "./Section.ts"

export const tapSection = {
  kind: "tap",
  network: Struct.pick(networkFields, ["subnet", "gateway", "dns", "mtu", "exclude", "cooldown"]),
  vm: Struct.pick(vmFields, ["network", "publish", "egress", "ip", "mac", "tapOwner"])
} as const satisfies Section
