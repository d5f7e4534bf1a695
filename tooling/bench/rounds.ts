import type { Contestant, ContestantKey } from "./Contestant.ts"
import { quotas, takesRound } from "./quotas.ts"
import { emptySamples, type Samples, takeSample } from "./sample.ts"
import { shuffled } from "./statistics.ts"

export interface Rounds {
  readonly rounds: number
  /** Rounds of each that are done before and not counted: code is compiled and caches are filled in them. */
  readonly warmUp: (key: ContestantKey) => number
  /** Milliseconds for the rounds that count. Who is slow takes fewer samples then, at least five. */
  readonly time: number
  readonly told: (round: number) => void
}

type All = ReadonlyMap<ContestantKey, Samples>

const empty = (contestants: ReadonlyArray<Contestant>): All =>
  new Map(contestants.map(({ key }) => [key, emptySamples()]))

/** In an order of chance: whatever else the machine does meets all of them alike. What each of them took, all included. */
const onceEach = async (contestants: ReadonlyArray<Contestant>, round: number, all: All) => {
  const costs = new Map<ContestantKey, number>()
  for (const contestant of shuffled(contestants)) {
    const began = performance.now()
    await takeSample(contestant, round, all.get(contestant.key)!)
    costs.set(contestant.key, performance.now() - began)
  }
  return costs
}

const warmed = async (contestants: ReadonlyArray<Contestant>, warmUp: Rounds["warmUp"], all: All) => {
  const costs = new Map<ContestantKey, number>()
  const most = Math.max(0, ...contestants.map(({ key }) => warmUp(key)))
  for (let round = 0; round < most; round++) {
    const some = contestants.filter(({ key }) => round < warmUp(key))
    for (const [key, cost] of await onceEach(some, round, all)) costs.set(key, cost)
  }
  return costs
}

/** Every contestant once a round, as far as the time allows. */
export const interleave = async (
  contestants: ReadonlyArray<Contestant>,
  { rounds, time, told, warmUp }: Rounds
): Promise<All> => {
  const before = empty(contestants)
  const quota = quotas(await warmed(contestants, warmUp, before), { rounds, time })
  const all = empty(contestants)
  for (const [key, { failures }] of before) all.get(key)!.failures.push(...failures.map((one) => `warming up: ${one}`))
  // Where they cost more than they did at first, the rest is left out: the populations are what matters.
  const deadline = performance.now() + 2 * time
  for (let round = 1; round <= rounds && performance.now() < deadline; round++) {
    const some = contestants.filter(({ key }) => takesRound(round, quota.get(key) ?? rounds, rounds))
    await onceEach(some, round, all)
    told(round)
  }
  return all
}
