import { type Commands, type LinkChange, type Netns, netnsKey, OpsError } from "@vmnet/core"
import { attemptOf, openNetns, reasonOfChange } from "@vmnet/ops-common"
import { Effect } from "effect"
import { runIn } from "../netns/runIn.ts"
import type { Batch } from "./batch.ts"
import { failedIndex } from "./ipErrors.ts"

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
    reason: reasonOfChange(result.stderr, change),
    output: result.stderr.replace(/^Command failed -:\d+\n/m, "").trim(),
    ...(index === undefined ? {} : { index })
  })
}, Effect.scoped)
