import { Effect } from "effect"
import { stepError } from "../../errors/stepError.ts"
import { Ledger } from "../../ledger/Ledger.ts"
import type { OpsError } from "../../errors/OpsError.ts"
import type { VmnetError } from "../../errors/VmnetError.ts"
import type { LinkChange } from "../../ops/LinkChange.ts"
import { LinkOps } from "../../ops/LinkOps.ts"
import { hostNetns } from "../../ops/Netns.ts"
import { checkHostRights } from "../checkHost.ts"
import type { GcResult } from "../Vmnet.ts"
import { type Collector, type GcNeeds, merge, nothing } from "./Collector.ts"
import { goes, inUse, notJudged, notOwned, only, type Subject } from "./GcLine.ts"
import { type GcRun, isOver } from "./GcRun.ts"
import { orStays } from "./orStays.ts"
import { linksLikeOurs } from "./linkLikeOurs.ts"
import { namespacesLikeOurs } from "./netnsLikeOurs.ts"

/**
 * What the heuristic makes of an object that has a name of ours and is on no record. `unused` is the only guess there is:
 * nothing about it says that it is anybody's.
 */
export type Guess = "unused" | { readonly usedBy: string } | { readonly foreign: string }

/** Such an object: how it is looked at again just before it goes, and what takes it away. */
export interface LookAlike {
  readonly subject: Subject
  /** The key under which the ledger would have it (`resourceKey`). */
  readonly key: string
  readonly look: Effect.Effect<Guess | "gone", OpsError | VmnetError, GcNeeds>
  readonly removal: LinkChange
}

const why = "heuristic: it has a name of ours, no tag, and nobody uses it"

/**
 * The emergency mode, for a host whose record is lost and whose objects lost their tags: it goes by names and addresses.
 * It works without any record, and never against one: what a row names is for the other collectors.
 */
export const collectLookAlikes: Collector = Effect.fnUntraced(function* (_, run) {
  if (!run.forceHeuristic) return nothing
  return yield* collectAll(run).pipe(
    Effect.catchTag("OpsError", (error) =>
      Effect.succeed<GcResult>({ actions: [], problems: [stepError("gc", "look for what has names of ours", error)] })
    )
  )
})

const collectAll = Effect.fnUntraced(function* (run: GcRun) {
  // The kernel first: whoever makes something writes it down before.
  const found = [...(yield* linksLikeOurs), ...(yield* namespacesLikeOurs)]
  const ledger = yield* Ledger
  const recorded = yield* ledger.transact("look what is on record", (tx) => {
    return new Set(tx.all<{ key: string }>("SELECT key FROM resources").map(({ key }) => key))
  })
  const results: Array<GcResult> = []
  for (const one of found.filter(({ key }) => !recorded.has(key))) {
    results.push((yield* isOver(run)) ? only(notJudged(one.subject)) : yield* collect(run, one))
  }
  return merge(results)
})

const collect = (run: GcRun, { look, removal, subject }: LookAlike) =>
  Effect.gen(function* () {
    const guess = yield* look
    if (guess === "gone") return nothing
    if (guess !== "unused") {
      const line = "usedBy" in guess ? inUse(subject, guess.usedBy) : notOwned(subject, guess.foreign)
      return only(line)
    }
    if (run.dryRun) return only(goes(run, subject, why))
    yield* checkHostRights
    yield* (yield* LinkOps).apply(hostNetns, [removal]).pipe(Effect.uninterruptible)
    return only(goes(run, subject, why))
  }).pipe(
    Effect.catchTag("OpsError", (error) => Effect.fail(stepError("gc", `delete ${subject.name}`, error))),
    orStays(subject)
  )
