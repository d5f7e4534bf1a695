import { Effect } from "effect"
import { VmnetError } from "../errors/VmnetError.ts"
import { stepError } from "../errors/stepError.ts"
import { Ledger, type Tx } from "../ledger/Ledger.ts"
import { withLock } from "../ledger/Locks.ts"
import { ipForwardShare } from "../forwarding/forwarding.ts"
import {
  amongInstalls,
  givingBackAmongInstalls,
  inheritedMemos,
  isHeldByOthers,
  tellHeld,
  tellReleased
} from "../forwarding/heldParameters.ts"
import {
  asBegun,
  hasAny,
  insertIntents,
  keepResources,
  markPresent,
  type NewResource,
  type OwnedResource,
  resourcesOf
} from "../ledger/ResourceRow.ts"
import {
  deleteShare,
  insertShare,
  isHeld,
  setShareState,
  shareState,
  shareSubject,
  unheldShares
} from "../ledger/ShareRow.ts"
import { orphansOn } from "../ledger/OrphanRow.ts"
import { forgetLost } from "../rebuild/lost.ts"
import { orphanShare } from "../rebuild/orphanErrors.ts"
import { formatOwner } from "../names/Owner.ts"
import { SysctlOps } from "../ops/SysctlOps.ts"
import type { Drivers } from "../resource/Drivers.ts"
import { keyOf } from "../resource/identity.ts"
import type { Resource } from "../resource/Resource.ts"
import { type SysctlMemo, sysctlMemo } from "../resource/SysctlDriver.ts"
import { applyResources, type Touched } from "./apply.ts"
import type { Share } from "./Plan.ts"
import { teardown, type TeardownReport } from "./teardown.ts"

/**
 * Makes sure that a share a lease already holds is there. The hold came first, in the transaction that reserved the
 * lease, so nobody removes the share from now on; the lock is only taken when there is something to make.
 */
export const ensureShare = Effect.fnUntraced(function* (drivers: Drivers, share: Share, rank: number) {
  const ledger = yield* Ledger
  const state = yield* ledger.transact(`look up ${share.key}`, (tx) => shareState(tx, share.key))
  if (state === "present") return
  yield* withLock(`share ${share.key}`)(amongInstalls(share.key)(createShare(drivers, share, rank)))
})

const createShare = Effect.fnUntraced(function* (drivers: Drivers, share: Share, rank: number) {
  const ledger = yield* Ledger
  const left = yield* ledger.transact(`look up ${share.key}`, (tx) => leftBehind(tx, share.key))
  if (left === "present") return
  if (left !== undefined) yield* removeResources(drivers, share.key, left)
  const fresh = yield* rememberingAll(share)
  const touched: Touched = new Set()
  yield* Effect.uninterruptibleMask((restore) =>
    Effect.gen(function* () {
      const owned = yield* ledger.transact(`record ${share.key}`, (tx) => {
        insertShare(tx, share.key, rank)
        // What it was found at is on record from here on, and is not what a lost record had left.
        if (isFoundOff(share.key, fresh)) forgetLost(tx)
        return insertIntents(tx, shareSubject(share.key), ownerOf(ledger.install, share.key), fresh)
      })
      const memos = fresh.map(({ memo }) => memo ?? null)
      const making = Effect.andThen(tellHeld(share.key, memos), applyResources(drivers, share.key, owned, touched))
      yield* restore(making)
      yield* ledger.transact(`confirm ${share.key}`, (tx) => {
        markPresent(tx, shareSubject(share.key))
        setShareState(tx, share.key, "present")
      })
    }).pipe(Effect.onError(() => undoShare(drivers, share.key, touched)))
  )
})

const isFoundOff = (key: string, [first]: ReadonlyArray<NewResource>): boolean =>
  key === ipForwardShare && (first?.memo as SysctlMemo | undefined)?.before === "0"

/** Somebody died while making or removing it, or could not, or his record is lost: what he left goes first. */
const leftBehind = (tx: Tx, key: string): ReadonlyArray<OwnedResource> | "present" | undefined => {
  const state = shareState(tx, key)
  const orphans = state === "orphan" ? orphansOn(tx, key) : []
  if (orphans.length > 0) throw orphanShare(key, orphans)
  return state === undefined || state === "present" ? state : startRemoving(tx, key)
}

const ownerOf = (install: string, key: string): string =>
  formatOwner({ install, subject: shareSubject(key), generation: 0 })

/** What is found before it is changed; where another install has changed it already, what that had found. */
const rememberingAll = Effect.fnUntraced(function* ({ key, resources }: Share) {
  const inherited = yield* inheritedMemos(key)
  if (inherited === undefined) return yield* Effect.forEach(resources, (resource) => remembering(key, resource))
  return resources.map((resource, index): NewResource => ({ resource, memo: inherited[index] }))
})

const remembering = Effect.fnUntraced(function* (subject: string, resource: Resource) {
  if (resource.kind !== "Sysctl") return { resource } satisfies NewResource
  const memo = yield* sysctlMemo(yield* SysctlOps, resource).pipe(
    Effect.mapError((error) => stepError(subject, "look at the host", error))
  )
  return { resource, memo } satisfies NewResource
})

/** Failure must not fail again: whatever stays is still recorded, and the next to need the share clears it up. */
const undoShare = Effect.fnUntraced(
  function* (drivers: Drivers, key: string, touched: Touched) {
    const ledger = yield* Ledger
    // Nobody may take it for present any more, should it have been confirmed.
    yield* Effect.ignore(ledger.transact(`undo ${key}`, (tx) => startRemoving(tx, key)))
    yield* removeResources(drivers, key, [...touched])
  },
  (effect, _, key) => Effect.catch(effect, (error) => Effect.logWarning(`${key} is not undone`, error.message))
)

/** Removes every share nobody holds, the most dependent first. Collects what fails and goes on. */
export const removeUnheldShares = Effect.fnUntraced(function* (drivers: Drivers) {
  const ledger = yield* Ledger
  const keys = yield* ledger.transact("find unused shares", (tx) => unheldShares(tx))
  const problems: Array<VmnetError> = []
  for (const key of keys) {
    yield* withLock(`share ${key}`)(requireRemoved(drivers, key)).pipe(
      Effect.catch((error) => Effect.sync(() => void problems.push(error)))
    )
  }
  return problems
})

const requireRemoved = Effect.fnUntraced(function* (drivers: Drivers, key: string) {
  const report = yield* removeIfUnheld(drivers, key)
  if (report !== undefined && report.left.length > 0) return yield* notRemoved(key, report.problems)
})

/**
 * Whether others have something in the firewall's tables that would go with them: a network that somebody has held again, if only
 * for a moment, since it was found to be nobody's. Whoever removes that removes the tables after it.
 */
const isReliedOn = (tx: Tx, key: string): boolean => {
  const subject = shareSubject(key)
  return resourcesOf(tx, subject)
    .filter(({ resource }) => resource.kind === "NatLayout")
    .some(({ resource: { netns } }) => hasAny(tx, keyOf("NatElement", netns, ""), subject))
}

/** For somebody who holds the share's lock: says what became of it, or nothing where it is held again, or has gone. */
export const removeIfUnheld = Effect.fnUntraced(function* (drivers: Drivers, key: string) {
  const ledger = yield* Ledger
  const work = Effect.gen(function* () {
    const owned = yield* ledger.transact(`release ${key}`, (tx) =>
      shareState(tx, key) === undefined || isHeld(tx, key) || isReliedOn(tx, key) ? undefined : startRemoving(tx, key)
    )
    return owned === undefined ? undefined : yield* takeAway(drivers, key, owned)
  })
  return yield* givingBackAmongInstalls(key)(work)
})

/** From here on nobody takes the share for present, and who finds it so after a crash knows that removal had begun. */
const startRemoving = (tx: Tx, key: string): ReadonlyArray<OwnedResource> => {
  const again = shareState(tx, key) === "removing"
  setShareState(tx, key, "removing")
  const owned = resourcesOf(tx, shareSubject(key))
  return again ? owned.map(asBegun) : owned
}

/** Another install goes on with it, and puts it back: there is nothing of ours any more. */
const leftToOthers = (owned: ReadonlyArray<OwnedResource>): TeardownReport => ({
  gone: owned,
  deleted: [],
  foreign: [],
  left: [],
  problems: []
})

const removeResources = Effect.fnUntraced(function* (
  drivers: Drivers,
  key: string,
  owned: ReadonlyArray<OwnedResource>
) {
  const { left, problems } = yield* takeAway(drivers, key, owned)
  if (left.length > 0) return yield* notRemoved(key, problems)
})

/** What is left stays recorded. */
const takeAway = Effect.fnUntraced(function* (drivers: Drivers, key: string, owned: ReadonlyArray<OwnedResource>) {
  const ledger = yield* Ledger
  const report = (yield* isHeldByOthers(key)) ? leftToOthers(owned) : yield* teardown(drivers, key, owned)
  if (report.left.length === 0) yield* tellReleased(key)
  yield* ledger.transact(`forget ${key}`, (tx) => {
    keepResources(tx, shareSubject(key), report.left)
    if (report.left.length === 0) deleteShare(tx, key)
  })
  return report
})

export const notRemoved = (key: string, problems: ReadonlyArray<string>): VmnetError =>
  new VmnetError({
    code: "STEP_FAILED",
    detail: `${key} could not be removed: ${problems.join("; ")}`,
    hint: "Its record is kept; the next up or down tries again.",
    details: { share: key, problems }
  })
