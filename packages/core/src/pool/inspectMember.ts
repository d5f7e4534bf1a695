import { Effect } from "effect"
import type { OpsError } from "../errors/OpsError.ts"
import { formatOwner, parseOwner } from "../names/Owner.ts"
import { HostProbe, type TapUse } from "../ops/HostProbe.ts"
import { type Link, LinkOps } from "../ops/LinkOps.ts"
import { NatOps } from "../ops/NatOps.ts"
import { hostNetns } from "../ops/Netns.ts"
import { SysctlOps } from "../ops/SysctlOps.ts"
import type { Resource, TapResource } from "../resource/Resource.ts"

/**
 * How a member that no VM has is found: `clean` is what was made and nothing else, `held` is open in some process, and
 * `dirty` is everything else, absent and unreadable too.
 */
export type Condition = "clean" | "held" | "dirty"

/**
 * Looks at the device itself, at who has it open, and at whether it is what is on record: who had it could have given it
 * to another user on his own descriptor (TUNSETOWNER), or another MAC. What he left in it that cannot be seen from
 * outside, such as a filter of his, stays among those of his uid, for whom alone the device is.
 */
export const inspectMember = (member: ReadonlyArray<Resource>, owner: string): Effect.Effect<Condition, never, Needs> =>
  Effect.gen(function* () {
    const tap = member.find((resource) => resource.kind === "Tap")
    if (tap === undefined) return "dirty"
    const [on] = yield* (yield* LinkOps).configuredOn(tap.netns, [tap.link])
    const found = on?.link ?? null
    if (on === undefined || found === null || !carries(found.alias, owner)) return "dirty"
    const use = yield* useOf(found)
    if (use.held) return "held"
    const isBare = found.addresses.length === 0 && on.routes.length === 0 && on.neighbours.length === 0
    return isBare && isAsMade(tap, found, use) && (yield* parametersStand(member)) ? "clean" : "dirty"
  }).pipe(Effect.orElseSucceed(() => "dirty" as const))

type Needs = LinkOps | HostProbe | SysctlOps

/** Of a TAP that is up the kernel has told everything in the same answer; of another one processes tell. */
const useOf = ({ carrier, link, owner, up }: Link): Effect.Effect<TapUse, OpsError, HostProbe> =>
  up && carrier !== undefined && owner !== undefined
    ? Effect.succeed({ held: carrier, ...owner })
    : Effect.flatMap(HostProbe, (probe) => probe.tapUse(link))

/** A TAP without an owner on record is made root's. */
const isAsMade = ({ gid, mac, master, mtu, uid }: TapResource, found: Link, use: TapUse): boolean =>
  found.up &&
  found.type === "tun" &&
  found.mtu === mtu &&
  found.mac === (mac ?? found.mac) &&
  found.master === (master?.link ?? null) &&
  use.uid === (uid ?? 0) &&
  use.gid === (gid ?? null)

const parametersStand = Effect.fnUntraced(function* (member: ReadonlyArray<Resource>) {
  const sysctls = yield* SysctlOps
  for (const resource of member) {
    if (resource.kind !== "Sysctl") continue
    if ((yield* sysctls.read(resource.netns, resource.key)) !== resource.value) return false
  }
  return true
})

/** Whether the rules about a member are in force, every part of them: without them nobody would judge its guest. */
export const rulesStand = Effect.fnUntraced(
  function* (member: ReadonlyArray<Resource>, owner: string) {
    const nat = yield* NatOps
    const elements = member.flatMap((resource) => (resource.kind === "NatElement" ? [resource.element] : []))
    if (elements.length === 0) return true
    const findings = yield* nat.find(hostNetns, elements)
    return findings.every((finding) => finding._tag === "Present" && finding.owner === owner)
  },
  Effect.orElseSucceed(() => false)
)

const carries = (alias: string, owner: string): boolean => {
  const tag = parseOwner(alias)
  return tag !== undefined && formatOwner(tag) === owner
}
