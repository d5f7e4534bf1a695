import { type Commands, describeLinkChange, type LinkChange, type Netns, netnsKey, OpsError } from "@vmnet/core"
import { type Attempt, openNetns } from "@vmnet/ops-common"
import { Effect } from "effect"
import { runIn } from "../netns/runIn.ts"
import type { Batch } from "./batch.ts"
import { failedIndex, reasonOfIp } from "./ipErrors.ts"

const wordsOf = (changes: ReadonlyArray<LinkChange>, index: number | undefined): string => {
  const change = changes[index ?? (changes.length === 1 ? 0 : -1)]
  return change === undefined ? `apply ${changes.length} link changes` : describeLinkChange(change)
}

/** What a call was doing: the change at `index`, or all of them. */
export const attemptOf = (changes: ReadonlyArray<LinkChange>, index?: number): Attempt => ({
  family: "link",
  action: wordsOf(changes, index)
})

/** Opens a namespace that peers are born in; without it the first such change is the one that fails. */
const openPeer = (peer: Netns, changes: ReadonlyArray<LinkChange>) => {
  const born = (change: LinkChange) => change._tag === "AddVeth" && netnsKey(change.peer.netns) === netnsKey(peer)
  const index = changes.findIndex(born)
  return openNetns(peer, attemptOf(changes, index)).pipe(Effect.mapError((error) => new OpsError({ ...error, index })))
}

/** Runs one batch: `undefined` when all of it was applied, else the failure of the change it stopped at. */
export const runBatch = Effect.fnUntraced(function* (
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
