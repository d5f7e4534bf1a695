import { Effect } from "effect"
import { Ledger } from "../../ledger/Ledger.ts"
import { markResources, type OwnedResource } from "../../ledger/ResourceRow.ts"
import { HostProbe } from "../../ops/HostProbe.ts"
import { namedNetns } from "../../ops/Netns.ts"
import { describeBatch } from "../../plan/apply.ts"
import { teardown } from "../../plan/teardown.ts"
import { type Drivers, familyOf } from "../../resource/Drivers.ts"
import type { Resource } from "../../resource/Resource.ts"
import { stepError } from "../../errors/stepError.ts"
import { carriedBy, dependsOn } from "../check/carriers.ts"
import { inspectAll } from "../check/inspectAll.ts"
import { Progress } from "../Progress.ts"
import { halfMade } from "./settle.ts"
import type { Walk } from "./Walk.ts"

/**
 * Makes neighbours of a plan again that are gone. First it is on record that they are about to be made, and whatever they
 * carry with them: an object without a tag in their places is ours from then on.
 */
export const makeAgain = Effect.fnUntraced(function* (
  drivers: Drivers,
  walk: Walk,
  missing: ReadonlyArray<OwnedResource>,
  plan: ReadonlyArray<OwnedResource>,
  remains?: string
) {
  let rest = missing
  while (rest.length > 0) {
    const taken = yield* Effect.uninterruptible(attempt(drivers, walk, rest, plan, remains))
    if (taken.length === 0) return
    for (const one of taken) walk.left(one, "somebody else's namespace has come into its place", true)
    rest = rest.filter((one) => !taken.includes(one) && !dependsOn(one.resource).some((key) => walk.lost.has(key)))
  }
})

/** Gives those whose names have been taken meanwhile: then nothing was begun. */
const attempt = Effect.fnUntraced(function* (
  drivers: Drivers,
  walk: Walk,
  missing: ReadonlyArray<OwnedResource>,
  plan: ReadonlyArray<OwnedResource>,
  remains: string | undefined
) {
  const report = yield* Progress
  const probe = yield* HostProbe
  const { subject } = walk.of
  yield* report({ vm: subject, step: `restore ${describeBatch(missing)}` })
  const ledger = yield* Ledger
  const about = [...missing, ...carriedBy(missing, plan)]
  const looksFree = missing.filter(({ seq }) => remains === undefined && !walk.marked.has(seq))
  const taken = yield* ledger.transact(`record the repair of ${subject}`, (tx) => {
    const taken = looksFree.filter(({ resource }) => isTaken(probe, resource))
    if (taken.length === 0) markResources(tx, subject, about, "repairing")
    return taken
  })
  if (taken.length > 0) return taken
  for (const { seq } of about) walk.marked.add(seq)
  const owned = missing.map((one) => walk.now(one))
  const failure = yield* make(drivers, subject, owned, remains !== undefined)
  const left = failure === undefined ? [] : yield* undo(drivers, walk, owned, plan)
  const made = owned.filter(({ seq }) => !left.some((one) => one.seq === seq))
  yield* ledger.transact(`confirm the repair of ${subject}`, (tx) => markResources(tx, subject, made, "present"))
  for (const { seq } of made) walk.marked.delete(seq)
  walk.restored(made, remains === undefined ? "it was missing" : `it was missing (${remains})`)
  for (const one of left) walk.left(one, failure ?? "", true)
  return []
})

/**
 * Looked at in the very transaction that says it is ours to make, as when it is reserved: an empty namespace under such a
 * record counts as half made, and one that somebody made since it was found missing would go with the next failure.
 */
const isTaken = (probe: HostProbe["Service"], resource: Resource): boolean =>
  resource.kind === "Netns" && probe.namespace(namedNetns(resource.name)) !== null

/** Why it failed, in words. What is left of a former one goes first. */
const make = Effect.fnUntraced(function* (
  drivers: Drivers,
  subject: string,
  owned: ReadonlyArray<OwnedResource>,
  hasRemains: boolean
) {
  if (hasRemains) {
    const { problems } = yield* teardown(drivers, subject, owned)
    if (problems.length > 0) return problems.join("; ")
  }
  return yield* Effect.match(drivers[familyOf(owned[0]!.resource)].apply(owned), {
    onSuccess: () => undefined,
    onFailure: (error) => stepError(subject, `restore ${describeBatch(owned)}`, error).message
  })
})

/** Reads back what a failed attempt has made: what is whole stays, what is half made goes. Gives what is not there. */
const undo = Effect.fnUntraced(function* (
  drivers: Drivers,
  walk: Walk,
  owned: ReadonlyArray<OwnedResource>,
  plan: ReadonlyArray<OwnedResource>
) {
  const { subject } = walk.of
  const current = plan.map((one) => walk.now(one))
  const ledger = yield* Ledger
  const { left } = yield* teardown(drivers, subject, yield* halfMade(drivers, subject, owned, current))
  const found = yield* inspectAll(drivers, subject, owned, current)
  const gone = found.flatMap(({ drift, owned: one }) => (drift === null ? [] : [one]))
  const settled = gone.filter(({ seq }) => !left.some((one) => one.seq === seq))
  yield* ledger.transact(`keep the record of ${subject}`, (tx) => markResources(tx, subject, settled, "present"))
  for (const { seq } of settled) walk.marked.delete(seq)
  return gone
})
