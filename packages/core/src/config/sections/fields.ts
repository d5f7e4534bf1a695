import { Schema } from "effect"
import {
  Address,
  AddressOrPrefix,
  EgressText,
  MacAddress,
  NetnsPathText,
  NetworkName,
  PublishText,
  Resolver,
  Subnet,
  TapOwnerText,
  whole
} from "../values.ts"

/** Every IPv4 host takes 576 bytes (RFC 791); 65521 is the largest a TAP device takes (65535 less its frame header). */
export const mtuRange = { minimum: 576, maximum: 65_521 } as const

/** A day: longer than any peer remembers a neighbour or a connection it has given up. */
export const maxCooldown = 86_400

/** Options of networks that several backends honour; a backend's section picks its own and adds what only it has. */
export const networkFields = {
  subnet: Subnet.annotate({ description: "The network's addresses, as a prefix with no bits set below it." }),
  gateway: Address.annotate({ description: "The host's address in the subnet. Default: the first usable one." }),
  links: Subnet.annotate({
    description: "What the host's links to its guests are numbered from, two addresses for each guest."
  }),
  dns: Schema.Array(Resolver).annotate({ description: "Resolvers guests are told of. Default: the host's own." }),
  mtu: whole(mtuRange.minimum, mtuRange.maximum).annotate({ description: "Largest packet in bytes. Default: 1500." }),
  addressing: Schema.Literals(["hash", "lowest"]).annotate({
    description: "How a guest's address is chosen: from its name, the same on every run where free, or the lowest free."
  }),
  exclude: Schema.Array(AddressOrPrefix).annotate({ description: "Addresses and prefixes never given to a guest." }),
  isolated: Schema.Boolean.annotate({ description: "Guests cannot reach one another. Default: false." }),
  hostAccess: Schema.Boolean.annotate({ description: "Guests may open connections to the host. Default: false." }),
  masquerade: Schema.Boolean.annotate({
    description:
      "Guests leave with the uplink's address. Default: true. False where the network beyond has a route back."
  }),
  cooldown: whole(0, maxCooldown).annotate({
    description: "Seconds before a released address serves another VM, as long as others are free. Default: 60."
  })
} as const

const egressForms = '"internet", "none" or { allow: [...] }'

const Egress = Schema.Union([
  Schema.Literals(["internet", "none"]).annotate({ expected: egressForms }),
  Schema.Struct({
    allow: Schema.Array(EgressText).annotate({ description: "Destinations, with ports and protocol or without." })
  })
])

/** Options of VMs that several backends honour, for sections to pick from. */
export const vmFields = {
  network: NetworkName.annotate({ description: "The network it belongs to. Default: the backend's own." }),
  publish: Schema.Array(PublishText).annotate({ description: "Host ports answered by the guest." }),
  egress: Egress.annotate({
    expected: egressForms,
    description: "Where the guest may open connections to. Default: internet."
  }),
  ip: Address.annotate({ description: "A fixed address out of the network's subnet." }),
  slot: whole(1, 8_388_607).annotate({ description: "A fixed slot: which address of the subnet leads to the guest." }),
  mac: MacAddress.annotate({ description: "A fixed hardware address of the guest's interface." }),
  netns: NetnsPathText.annotate({ description: "The namespace the guest's veth end goes to, instead of a TAP." }),
  tapOwner: Schema.Union([TapOwnerText, whole(0, 4_294_967_294)]).annotate({
    expected: "a numeric UID or UID:GID",
    description: "Numeric user, or user and group, that may open the TAP."
  })
} as const
