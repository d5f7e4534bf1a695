import { type NatChange, type Netns, OpsError, type OpsReason } from "@vmnet/core"
import { Effect, Schedule } from "effect"
import type { Attempt } from "../errors/opsErrors.ts"
import { requireIntervals } from "./requireIntervals.ts"
import { requireOwn } from "./requireOwn.ts"
import { requirePlace } from "./requirePlace.ts"
import type { Nft } from "./Nft.ts"
import { reasonOfNft, wordsOfNft } from "./nftWords.ts"
import { type Command, commandsOf } from "./transaction.ts"
import { describe, objectionToChanges } from "./validateChanges.ts"

const attemptOf = (changes: ReadonlyArray<NatChange>, index?: number): Attempt => {
  const change = changes[index ?? (changes.length === 1 ? 0 : -1)]
  return { family: "nat", action: change === undefined ? `apply ${changes.length} firewall changes` : describe(change) }
}

interface Call {
  readonly nft: Nft
  readonly netns: Netns
  readonly install: string
  readonly changes: ReadonlyArray<NatChange>
}

/**
 * The same words mean different things to different changes. Loading a layout names nothing that could be missing:
 * ENOENT is a kernel without the expression. Where an interval about to be deleted "exists" it is another one.
 */
const reasonFor = (stderr: string, change: NatChange | undefined): OpsReason => {
  const reason = reasonOfNft(stderr)
  const loads =
    change?._tag === "AddLayout" ||
    change?._tag === "RestoreLayout" ||
    ((change?._tag === "AddElement" || change?._tag === "RestoreElement") && change.element._tag === "Slot")
  if (loads && reason === "Missing") return "Unsupported"
  if (change?._tag === "DeleteElement" && reason === "Exists") return "Missing"
  return reason
}

const transact = Effect.fnUntraced(function* (call: Call, transaction: ReadonlyArray<Command>) {
  const { changes, install, netns, nft } = call
  const outcome = yield* nft.commit(netns, attemptOf(changes), install, transaction)
  if (outcome.ok) return
  const { index, stderr } = outcome
  return yield* new OpsError({
    ...attemptOf(changes, index),
    reason: reasonFor(stderr, index === undefined ? undefined : changes[index]),
    output: wordsOfNft(stderr),
    ...(index === undefined ? {} : { index })
  })
})

const retryBusy = {
  while: (error: OpsError) => error.reason === "Busy",
  times: 5,
  schedule: Schedule.exponential("20 millis")
}

/** Applies all changes as one nft transaction. */
export const applyChanges = Effect.fnUntraced(function* (
  nft: Nft,
  netns: Netns,
  install: string,
  changes: ReadonlyArray<NatChange>
) {
  const objection = objectionToChanges(changes)
  if (objection !== undefined) return yield* objection
  if (changes.length === 0) return
  const call: Call = { nft, netns, install, changes }
  yield* requireIntervals(nft, netns, install, changes)
  yield* requirePlace(nft, netns, install, changes)
  const there = yield* requireOwn(nft, netns, install, changes)
  const transaction = commandsOf(changes, there)
  if (transaction.length === 0) return
  yield* transact(call, transaction).pipe(Effect.retry(retryBusy))
})
