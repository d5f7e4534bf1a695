import { type Commands, describeLinkChange, type LinkChange, type Netns, netnsKey, OpsError } from "@vmnet/core"
import { Effect } from "effect"
import { type Attempt, invalid } from "../commands/opsErrors.ts"
import { openNetns } from "../netns/openNetns.ts"
import { runIn } from "../netns/runIn.ts"
import { type Batch, type BatchOptions, toBatch } from "./batch.ts"
import { failedIndex, reasonOfIp } from "./ipErrors.ts"
import { IpNeighbours, isPermanent } from "./ipJson.ts"
import { readJson } from "../text/readJson.ts"
import { objectionToChange } from "./validate.ts"

const wordsOf = (changes: ReadonlyArray<LinkChange>, index: number | undefined): string => {
  const change = changes[index ?? (changes.length === 1 ? 0 : -1)]
  return change === undefined ? `apply ${changes.length} link changes` : describeLinkChange(change)
}

const attemptOf = (changes: ReadonlyArray<LinkChange>, index?: number): Attempt => ({
  family: "link",
  action: wordsOf(changes, index)
})

const refuseInvalid = (changes: ReadonlyArray<LinkChange>): Effect.Effect<void, OpsError> => {
  const found = changes.map((change, index) => ({ index, words: objectionToChange(change) }))
  const first = found.find(({ words }) => words !== undefined)
  return first?.words === undefined
    ? Effect.void
    : Effect.fail(invalid(attemptOf(changes, first.index), first.words, first.index))
}

/** Opens a namespace that peers are born in; without it the first such change is the one that fails. */
const openPeer = (peer: Netns, changes: ReadonlyArray<LinkChange>) => {
  const born = (change: LinkChange) => change._tag === "AddVeth" && netnsKey(change.peer.netns) === netnsKey(peer)
  const index = changes.findIndex(born)
  return openNetns(peer, attemptOf(changes, index)).pipe(Effect.mapError((error) => new OpsError({ ...error, index })))
}

/** Runs one batch: `undefined` when all of it was applied, else the failure of the change it stopped at. */
const runBatch = Effect.fnUntraced(function* (
  commands: Commands["Service"],
  netns: Netns,
  changes: ReadonlyArray<LinkChange>,
  batch: Batch
) {
  const attempt = attemptOf(changes)
  const descriptors = yield* Effect.forEach(batch.peers, (peer) => openPeer(peer, changes))
  const stdin = batch.lines.map(({ text }) => `${text}\n`).join("")
  const result = yield* runIn(commands, netns, attempt, {
    program: "ip",
    args: ["-j", "-batch", "-"],
    stdin,
    descriptors
  })
  if (result.exitCode === 0) return undefined
  const index = failedIndex(batch, result.stdout, result.stderr)
  const change = index === undefined ? undefined : changes[index]
  return new OpsError({
    ...attemptOf(changes, index),
    reason: reasonOfIp(result.stderr, change),
    output: result.stderr.replace(/^Command failed -:\d+\n/m, "").trim(),
    ...(index === undefined ? {} : { index })
  })
}, Effect.scoped)

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

/** Applies changes in order, as one `ip -batch` but for entries that must take the place of a learned neighbour. */
export const applyChanges = Effect.fnUntraced(function* (
  commands: Commands["Service"],
  netns: Netns,
  changes: ReadonlyArray<LinkChange>,
  ipv6: boolean
) {
  yield* refuseInvalid(changes)
  const replaceNeighbours = new Set<number>()
  const options: BatchOptions = { netns, ipv6, replaceNeighbours }
  let from = 0
  while (from < changes.length) {
    const failure = yield* runBatch(commands, netns, changes, toBatch(changes, options, from))
    if (failure === undefined) return
    const index = failure.index ?? -1
    const change = changes[index]
    const blocked = failure.reason === "Exists" && change?._tag === "AddNeighbour" && !replaceNeighbours.has(index)
    if (!blocked || !(yield* isLearned(commands, netns, change))) return yield* failure
    replaceNeighbours.add(index)
    from = index
  }
})
