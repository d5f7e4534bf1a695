import { Struct } from "effect"
import { networkFields, vmFields } from "./fields.ts"
import type { Section } from "./Section.ts"

/** User-mode networking has its own addresses inside, and the helper decides what is reachable. */
export const slirpSection = {
  kind: "slirp",
  network: Struct.pick(networkFields, ["dns", "mtu"]),
  vm: Struct.pick(vmFields, ["network", "publish"])
} as const satisfies Section
