import { Result, Schema, Struct } from "effect"
import { formatPrefix, type Ipv4Prefix, overlaps, parsePrefix, prefixSize } from "../../net/Ipv4.ts"
import type { NetworkSpec } from "../../plan/AttachRequest.ts"
import { whole } from "../values.ts"
import { networkFields, vmFields } from "./fields.ts"
import type { Contradiction, Section } from "./Section.ts"

/**
 * Slot N has the address N above the subnet's own, and the Nth pair of the links' addresses. Slots that one of the two
 * plans has no room for are left out of the other.
 */
const complete = (spec: NetworkSpec): Result.Result<NetworkSpec, string | Contradiction> =>
  Result.gen(function* () {
    if (spec.links === undefined) return spec
    const subnet = yield* parsePrefix(spec.subnet)
    const links = yield* parsePrefix(spec.links)
    if (overlaps(subnet, links)) {
      return yield* refuse(["links", "subnet"], `subnet ${spec.subnet} and links ${spec.links} overlap`)
    }
    if (links.length > 30) {
      return yield* refuse(["links"], `links ${spec.links} has no room for a slot: it takes a /30 or more`)
    }
    const exclude = [...spec.exclude, ...beyond(subnet, prefixSize(links.length) / 2)]
    return { ...spec, exclude: [...new Set(exclude)] }
  })

const refuse = (options: ReadonlyArray<string>, problem: string): Result.Result<never, Contradiction> =>
  Result.fail({ options, problem })

/** The prefixes that make up a subnet from its address number `size` on, a power of two. */
const beyond = (subnet: Ipv4Prefix, size: number): ReadonlyArray<string> => {
  const prefixes: Array<string> = []
  for (let from = size; from < prefixSize(subnet.length); from *= 2) {
    prefixes.push(formatPrefix({ base: subnet.base + from, length: 32 - Math.log2(from) }))
  }
  return prefixes
}

const notices = ({ network, options }: NetworkSpec): ReadonlyArray<string> =>
  options?.["pool"] === undefined
    ? []
    : [`networks.${network}.pool has no effect without vmnetd yet: each slot is made when it is asked for`]

/** Every guest has the same inner address, so there is none to choose but the one that leads to it. */
export const netnsSection = {
  kind: "netns",
  network: {
    ...Struct.pick(networkFields, ["subnet", "links", "dns", "mtu", "exclude", "hostAccess", "masquerade", "cooldown"]),
    pool: Schema.Struct({
      warm: whole(0, 4096).annotate({ description: "How many slots to keep ready." })
    }).annotate({ description: "Slots made before anyone asks for them." })
  },
  vm: Struct.pick(vmFields, ["network", "publish", "egress", "slot", "tapOwner"]),
  complete,
  notices
} as const satisfies Section
