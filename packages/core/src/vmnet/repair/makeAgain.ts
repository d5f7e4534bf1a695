import { Effect } from "effect"
import { Ledger } from "../../ledger/Ledger.ts"
import { markResources, type OwnedResource } from "../../ledger/ResourceRow.ts"
import { describeBatch } from "../../plan/apply.ts"
import { teardown } from "../../plan/teardown.ts"
import { type Drivers, familyOf } from "../../resource/Drivers.ts"
import { stepError } from "../../errors/stepError.ts"
import { carriedBy } from "../check/carriers.ts"
import { inspectAll } from "../check/inspectAll.ts"
import { Progress } from "../Progress.ts"
import { takeBack } from "./settle.ts"
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
  const report = yield* Progress
  const { subject } = walk.of
  yield* report({ vm: subject, step: `restore ${describeBatch(missing)}` })
  const work = Effect.gen(function* () {
    const ledger = yield* Ledger
    const about = [...missing, ...carriedBy(missing, plan)]
    yield* ledger.transact(`record the repair of ${subject}`, (tx) => markResources(tx, subject, about, "repairing"))
    for (const { seq } of about) walk.marked.add(seq)
    const owned = missing.map((one) => walk.now(one))
    const failure = yield* make(drivers, subject, owned, remains !== undefined)
    const left = failure === undefined ? [] : yield* undo(drivers, walk, owned, plan)
    const made = owned.filter(({ seq }) => !left.some((one) => one.seq === seq))
    yield* ledger.transact(`confirm the repair of ${subject}`, (tx) => markResources(tx, subject, made, "present"))
    for (const { seq } of made) walk.marked.delete(seq)
    walk.restored(made, remains === undefined ? "it was missing" : `it was missing (${remains})`)
    for (const one of left) walk.left(one, failure ?? "", true)
  })
  yield* Effect.uninterruptible(work)
})

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
  const { left } = yield* takeBack(drivers, subject, owned, current)
  const found = yield* inspectAll(drivers, subject, owned, current)
  const gone = found.flatMap(({ drift, owned: one }) => (drift === null ? [] : [one]))
  const settled = gone.filter(({ seq }) => !left.some((one) => one.seq === seq))
  yield* ledger.transact(`keep the record of ${subject}`, (tx) => markResources(tx, subject, settled, "present"))
  for (const { seq } of settled) walk.marked.delete(seq)
  return gone
})
