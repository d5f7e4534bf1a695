import { Struct } from "effect"
import { networkFields, vmFields } from "./fields.ts"
import type { Section } from "./Section.ts"

export const bridgeSection = {
  kind: "bridge",
  network: Struct.omit(networkFields, ["links"]),
  vm: Struct.omit(vmFields, ["slot"])
} as const satisfies Section
