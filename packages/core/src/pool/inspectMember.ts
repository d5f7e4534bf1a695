import { Effect } from "effect"
import { formatOwner, parseOwner } from "../names/Owner.ts"
import { HostProbe } from "../ops/HostProbe.ts"
import { LinkOps } from "../ops/LinkOps.ts"
import { NatOps } from "../ops/NatOps.ts"
import { hostNetns } from "../ops/Netns.ts"
import type { Resource } from "../resource/Resource.ts"

/**
 * How a member that no VM has is found: `clean` is what was made and nothing else, `held` is open in some process, and
 * `dirty` is everything else, absent and unreadable too.
 */
export type Condition = "clean" | "held" | "dirty"

/** Looks at the device itself, and at who has it open. */
export const inspectMember = (device: string, owner: string): Effect.Effect<Condition, never, LinkOps | HostProbe> =>
  Effect.gen(function* () {
    const links = yield* LinkOps
    const probe = yield* HostProbe
    const [found] = yield* links.find(hostNetns, [device])
    if (found === null || found === undefined || !carries(found.alias, owner)) return "dirty"
    if ((yield* probe.tapUse(device)).held) return "held"
    const { routes, neighbours } = yield* links.snapshot(hostNetns)
    const configured = [...routes, ...neighbours].some(({ link }) => link === device)
    return found.up && found.addresses.length === 0 && !configured ? "clean" : "dirty"
  }).pipe(Effect.orElseSucceed(() => "dirty" as const))

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
