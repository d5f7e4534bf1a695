import { type ContestantKey, floorOf } from "./Contestant.ts"
import { type Cell, type Ratios, type Side, sides, type Subject } from "./results.ts"
import type { Samples } from "./sample.ts"
import { pairwise, summarize } from "./statistics.ts"

type All = ReadonlyMap<ContestantKey, Samples>

const byRound = (all: All, key: ContestantKey, side: Side): ReadonlyMap<number, number> =>
  new Map((all.get(key)?.taken ?? []).map((sample) => [sample.round, sample[side]]))

const ratiosOf = (all: All, key: ContestantKey, other: ContestantKey): Ratios =>
  Object.fromEntries(
    sides.flatMap((side) => {
      const ratio = pairwise(byRound(all, key, side), byRound(all, other, side))
      return ratio === undefined ? [] : [[side, ratio]]
    })
  )

/** What the samples at one population come to. */
export const cellsOf = (subject: Subject, population: number, all: All): ReadonlyArray<Cell> =>
  [...all].map(([contestant, { failures, taken }]) => ({
    subject,
    population,
    contestant,
    attach: summarize(taken.map(({ attach }) => attach)),
    detach: summarize(taken.map(({ detach }) => detach)),
    gone: summarize(taken.map(({ gone }) => gone)),
    toFloor: ratiosOf(all, contestant, floorOf(contestant)),
    toVmnet: ratiosOf(all, contestant, "native"),
    failures
  }))
