import { Schema, Struct } from "effect"
import { whole } from "../values.ts"
import { networkFields, vmFields } from "./fields.ts"
import type { Section } from "./Section.ts"

/** Every guest has the same inner address, so there is none to choose. */
export const netnsSection = {
  kind: "netns",
  network: {
    ...Struct.pick(networkFields, ["dns", "mtu"]),
    pool: Schema.Struct({
      warm: whole(0, 4096).annotate({ description: "How many slots to keep ready." })
    }).annotate({ description: "Slots made before anyone asks for them." })
  },
  vm: Struct.pick(vmFields, ["network", "publish", "egress", "tapOwner"])
} as const satisfies Section
