import { Schema, Struct } from "effect"
import { networkFields, vmFields } from "./fields.ts"
import type { Section } from "./Section.ts"

/** User-mode networking has its own addresses inside, and a firewall of its own there. */
export const slirpSection = {
  kind: "slirp",
  network: {
    ...Struct.pick(networkFields, ["dns", "mtu"]),
    hostAccess: networkFields.hostAccess.annotate({
      description: "Guests reach the host's 127.0.0.1 at 10.0.3.2. Default: false."
    }),
    engine: Schema.Literals(["slirp4netns", "pasta"]).annotate({
      description: "The program that is the network. pasta cannot publish on a VM that is up. Default: slirp4netns."
    })
  },
  vm: Struct.pick(vmFields, ["network", "publish", "egress", "mac"])
} as const satisfies Section
