import { type Commands, describeLinkChange, type LinkChange, type Netns } from "@vmnet/core"
import { type Attempt, type Segment, objectionToLinkChanges, readJson, segmentsOf } from "@vmnet/ops-common"
import { Effect } from "effect"
import { runIn } from "../netns/runIn.ts"
import { type BatchOptions, toBatch } from "./batch.ts"
import { IpNeighbours, isPermanent } from "./ipJson.ts"
import { refuseSymlinks, tagNetns } from "./netnsChanges.ts"
import { runBatch } from "./runBatch.ts"

/**
 * Whether the entry in the way of a neighbour to add was merely learned by ARP (or is a failed attempt to learn it, which
 * stays for a minute after anybody asked for the address). The kernel keeps such entries for itself: they are a cache
 * and nobody's objects, but `ip neighbour add` finds them in its way.
 */
const isLearned = Effect.fnUntraced(function* (
  commands: Commands["Service"],
  netns: Netns,
  change: Extract<LinkChange, { _tag: "AddNeighbour" }>
) {
  const attempt: Attempt = { family: "link", action: describeLinkChange(change) }
  const args = ["-j", "neighbour", "show", "to", change.address, "dev", change.link]
  const result = yield* runIn(commands, netns, attempt, { program: "ip", args })
  if (result.exitCode !== 0) return false
  const entries = yield* readJson(IpNeighbours, attempt, result.stdout)
  return !entries.some(isPermanent)
})

interface Call {
  readonly commands: Commands["Service"]
  readonly changes: ReadonlyArray<LinkChange>
  readonly ipv6: boolean
}

/** One `ip -batch`, and another one for every entry that must take the place of a learned neighbour. */
const applySegment = Effect.fnUntraced(function* ({ changes, commands, ipv6 }: Call, { from, netns, to }: Segment) {
  const replaceNeighbours = new Set<number>()
  const options: BatchOptions = { netns, ipv6, replaceNeighbours }
  let next = from
  while (next < to) {
    const failure = yield* runBatch(commands, netns, changes, toBatch(changes, options, next, to))
    if (failure === undefined) return
    const index = failure.index ?? -1
    const change = changes[index]
    const blocked = failure.reason === "Exists" && change?._tag === "AddNeighbour" && !replaceNeighbours.has(index)
    if (!blocked || !(yield* isLearned(commands, netns, change))) return yield* failure
    replaceNeighbours.add(index)
    next = index
  }
})

/** Applies changes in order, with as few programs as their places allow: mostly one. */
export const applyChanges = Effect.fnUntraced(function* (
  commands: Commands["Service"],
  netns: Netns,
  changes: ReadonlyArray<LinkChange>,
  ipv6: boolean
) {
  const objection = objectionToLinkChanges(changes)
  if (objection !== undefined) return yield* objection
  for (const segment of segmentsOf(netns, changes)) {
    yield* refuseSymlinks(changes, segment)
    yield* applySegment({ commands, changes, ipv6 }, segment)
    yield* tagNetns(commands, changes, segment.to - 1)
  }
})
