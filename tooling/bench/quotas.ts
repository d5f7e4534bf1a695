/** Fewer samples than that say nothing. */
const least = 5

export interface Budget {
  readonly rounds: number
  /** Milliseconds for all of them together. */
  readonly time: number
}

/**
 * How many samples each may take, by what one of its samples costs: all rounds where time is enough; where it is not, those that
 * take longest get as much time each, and at least five samples.
 */
export const quotas = <Key>(costs: ReadonlyMap<Key, number>, { rounds, time }: Budget): ReadonlyMap<Key, number> => {
  let left = time
  let others = costs.size
  const cheapest = [...costs].toSorted(([, one], [, other]) => one - other)
  return new Map(
    cheapest.map(([key, cost]) => {
      const share = Math.max(0, left) / others--
      const quota = Math.max(Math.min(least, rounds), Math.min(rounds, Math.floor(share / Math.max(cost, 1e-3))))
      left -= quota * cost
      return [key, quota]
    })
  )
}

/** Whether a round, counted from 1, is one of a quota's: spread evenly, and the last round is always one. */
export const takesRound = (round: number, quota: number, rounds: number): boolean =>
  Math.floor((round * quota) / rounds) > Math.floor(((round - 1) * quota) / rounds)
