import { Effect } from "effect"
import { Ledger } from "../../ledger/Ledger.ts"
import { markResources, type OwnedResource, resourcesOf } from "../../ledger/ResourceRow.ts"
import { HostProbe } from "../../ops/HostProbe.ts"
import type { Altered, Drift } from "../../resource/Driver.ts"
import { batches, type Drivers, familyOf } from "../../resource/Drivers.ts"
import { ownNetns } from "../../resource/guestNetns.ts"
import { describeResource } from "../../resource/identity.ts"
import { dependsOn } from "../check/carriers.ts"
import { driftWords } from "../check/driftWords.ts"
import { inspectAll, isToBeLookedAt } from "../check/inspectAll.ts"
import { Progress } from "../Progress.ts"
import { makeAgain } from "./makeAgain.ts"
import { strandedBy } from "./stranded.ts"
import { type Repairing, Walk } from "./Walk.ts"

/**
 * Walks along the plan of a subject, whose lock is held, and puts back what is not as planned. What comes later in a plan
 * relies on what comes before, so each part is looked at when its turn comes.
 */
export const repairSubject = Effect.fnUntraced(function* (drivers: Drivers, of: Repairing) {
  const ledger = yield* Ledger
  const all = yield* ledger.transact(`look up ${of.subject}`, (tx) => resourcesOf(tx, of.subject))
  const plan = all.filter(({ state }) => state !== "intent")
  const walk = new Walk(of, plan)
  for (const batch of batches(plan)) yield* repairBatch(drivers, walk, batch, plan)
  yield* confirm(
    walk,
    plan.filter(({ seq }) => walk.marked.has(seq))
  )
  return walk.actions
})

/** All at once where all that is wrong is that things are missing; else one by one, since one may stand on another. */
const repairBatch = Effect.fnUntraced(function* (
  drivers: Drivers,
  walk: Walk,
  batch: ReadonlyArray<OwnedResource>,
  plan: ReadonlyArray<OwnedResource>
) {
  const current = plan.map((owned) => walk.now(owned))
  const looked = batch
    .map((owned) => walk.now(owned))
    .filter((owned) => isToBeLookedAt(owned) && !dependsOn(owned.resource).some((key) => walk.lost.has(key)))
  if (looked.length === 0) return
  const found = yield* inspectAll(drivers, walk.of.subject, looked, current)
  const drifted = found.filter(({ drift, owned }) => drift !== null || isStale(owned))
  const missing = drifted.filter(({ drift }) => drift?._tag === "Missing" && drift.remains === undefined)
  const isPlain = missing.length === drifted.length
  if (isPlain && !(yield* isRefused(walk, missing))) {
    yield* confirm(
      walk,
      found.flatMap(({ drift, owned }) => (drift === null ? [owned] : []))
    )
    if (missing.length > 0)
      yield* makeAgain(
        drivers,
        walk,
        missing.map(({ owned }) => owned),
        plan
      )
    return
  }
  for (const owned of looked) yield* repairOne(drivers, walk, walk.now(owned), plan)
})

const isRefused = Effect.fnUntraced(function* (walk: Walk, found: ReadonlyArray<{ readonly owned: OwnedResource }>) {
  for (const { owned } of found) if ((yield* refusal(walk, owned)) !== undefined) return true
  return false
})

const refusal = Effect.fnUntraced(function* (walk: Walk, { resource }: OwnedResource) {
  const stranded = strandedBy(yield* HostProbe, walk.of.owner, resource)
  if (stranded === undefined) return walk.obstacle(resource)
  return `${stranded}: end it and bring the VM up again with vmnet up ${walk.of.vm}, or take it down with vmnet down ${walk.of.vm}`
})

/** A network of a namespace that was made again serves the former one, should it run still. */
const isStale = ({ resource, state }: OwnedResource): boolean =>
  state === "repairing" && resource.kind === "Helper" && resource.spec.helper !== "namespace"

const repairOne = Effect.fnUntraced(function* (
  drivers: Drivers,
  walk: Walk,
  owned: OwnedResource,
  plan: ReadonlyArray<OwnedResource>
) {
  if (dependsOn(owned.resource).some((key) => walk.lost.has(key))) return
  const current = plan.map((one) => walk.now(one))
  const [found] = yield* inspectAll(drivers, walk.of.subject, [owned], current)
  const drift: Drift | null =
    found!.drift ?? (isStale(owned) ? { _tag: "Missing", remains: "it serves a namespace that is gone" } : null)
  if (drift === null) return yield* confirm(walk, [owned])
  const because = yield* refusal(walk, owned)
  switch (drift._tag) {
    case "Foreign":
      return walk.left(owned, `somebody else's object is in its place: ${drift.by}`, true)
    case "Missing":
      if (because !== undefined) return walk.left(owned, because, true)
      if (drift.remains !== undefined && isContainers(owned, plan)) return walk.left(owned, movedAway(walk), true)
      return yield* makeAgain(drivers, walk, [owned], plan, drift.remains)
    case "Altered":
      return yield* mend(drivers, walk, owned, drift, current)
  }
})

/** A device whose other end is in somebody's namespace: that he works with by another name, or took along elsewhere. */
const isContainers = ({ resource }: OwnedResource, plan: ReadonlyArray<OwnedResource>): boolean =>
  resource.kind === "Veth" && !ownNetns(plan.map((one) => one.resource))(resource.peer.netns)

const movedAway = ({ of: { vm } }: Walk): string =>
  `its other end was moved or renamed by somebody who may use it: vmnet down ${vm}, then up, makes it anew`

const confirm = Effect.fnUntraced(function* (walk: Walk, resources: ReadonlyArray<OwnedResource>) {
  const marked = resources.filter(({ seq }) => walk.marked.has(seq))
  if (marked.length === 0) return
  const ledger = yield* Ledger
  yield* ledger.transact(`confirm ${walk.of.subject}`, (tx) => markResources(tx, walk.of.subject, marked, "present"))
  for (const { seq } of marked) walk.marked.delete(seq)
})

/** In place. Whatever it failed with or not, what counts is how the object is found then. */
const mend = Effect.fnUntraced(function* (
  drivers: Drivers,
  walk: Walk,
  owned: OwnedResource,
  drift: Altered,
  plan: ReadonlyArray<OwnedResource>
) {
  const report = yield* Progress
  yield* report({ vm: walk.of.subject, step: `restore ${describeResource(owned.resource)}` })
  const done = yield* Effect.uninterruptible(Effect.result(drivers[familyOf(owned.resource)].mend(owned, drift)))
  const [found] = yield* inspectAll(drivers, walk.of.subject, [owned], plan)
  if (found!.drift === null) {
    walk.restored([owned], `it ${driftWords(drift).replace(/^is/, "was")}`)
    return yield* confirm(walk, [owned])
  }
  const why = done._tag === "Failure" ? done.failure.message : "it did not stay as it was set"
  walk.left(owned, `it ${driftWords(found!.drift)}; ${why}`, found!.drift._tag !== "Altered")
})
