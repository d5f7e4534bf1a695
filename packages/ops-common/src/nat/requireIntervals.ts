import { type Egress, type NatChange, type Netns, OpsError } from "@vmnet/core"
import { Effect } from "effect"
import type { Attempt } from "../errors/opsErrors.ts"
import { encode } from "./encode.ts"
import { findElements } from "./findElements.ts"
import type { Nft } from "./Nft.ts"
import { keyOf } from "./sets.ts"
import { describe } from "./validateChanges.ts"

interface EgressChange {
  readonly index: number
  readonly adds: boolean
  readonly element: Egress
}

const egressChanges = (changes: ReadonlyArray<NatChange>): ReadonlyArray<EgressChange> =>
  changes.flatMap((change, index) =>
    (change._tag === "AddElement" || change._tag === "DeleteElement") && change.element._tag === "Egress"
      ? [{ index, adds: change._tag === "AddElement", element: change.element }]
      : []
  )

const keysOf = (element: Egress): string => encode(element).map(keyOf).join()

/** The first deletion of an interval that will not be there when its turn comes. */
const firstAbsent = (changes: ReadonlyArray<EgressChange>, present: ReadonlySet<string>): EgressChange | undefined => {
  const there = new Set(present)
  return changes.find(({ adds, element }) => {
    const key = keysOf(element)
    if (!adds) return !there.delete(key)
    there.add(key)
    return false
  })
}

/**
 * Refuses to delete an interval that is not there, which the transaction itself could not tell: it adds before it deletes
 * (see `deletion` in transaction.ts), so that the kernel never takes another interval for it.
 */
export const requireIntervals = Effect.fnUntraced(function* (
  nft: Nft,
  netns: Netns,
  install: string,
  changes: ReadonlyArray<NatChange>
) {
  const egress = egressChanges(changes)
  const doomed = egress.filter(({ adds }) => !adds).map(({ element }) => element)
  if (doomed.length === 0) return
  const attempt: Attempt = { family: "nat", action: "find egress entries to delete" }
  const findings = yield* findElements(nft, netns, attempt, install, doomed)
  const present = new Set(doomed.filter((_, at) => findings[at]?._tag !== "Absent").map(keysOf))
  const absent = firstAbsent(egress, present)
  const change = absent === undefined ? undefined : changes[absent.index]
  if (absent === undefined || change === undefined) return
  return yield* new OpsError({
    family: "nat",
    reason: "Missing",
    action: describe(change),
    output: "no such entry",
    index: absent.index
  })
})
