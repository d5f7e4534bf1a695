/** What a number of samples comes to; times in milliseconds. */
export interface Summary {
  readonly samples: number
  readonly median: number
  readonly p10: number
  readonly p90: number
}

/** The value below which a share of the samples lies, between two neighbours in proportion; `NaN` of none. */
export const percentile = (samples: ReadonlyArray<number>, share: number): number => {
  const sorted = samples.toSorted((one, other) => one - other)
  const place = (sorted.length - 1) * share
  const below = sorted[Math.floor(place)] ?? Number.NaN
  const above = sorted[Math.ceil(place)] ?? Number.NaN
  return below + (above - below) * (place - Math.floor(place))
}

export const median = (samples: ReadonlyArray<number>): number => percentile(samples, 0.5)

/** `undefined` where there is nothing to summarize. */
export const summarize = (samples: ReadonlyArray<number>): Summary | undefined =>
  samples.length === 0
    ? undefined
    : {
        samples: samples.length,
        median: median(samples),
        p10: percentile(samples, 0.1),
        p90: percentile(samples, 0.9)
      }

/** How many times the other one's median; `undefined` where one of them is missing or takes no time at all. */
export const ratio = (one: Summary | undefined, other: Summary | undefined): number | undefined =>
  one === undefined || other === undefined || other.median === 0 ? undefined : one.median / other.median

/**
 * How many times the other's, pair by pair, where both have a sample of the same round. The middle of these is no ratio of two
 * middles, but what they scatter by has neither in it what the machine did meanwhile.
 */
export const pairwise = (one: ReadonlyMap<number, number>, other: ReadonlyMap<number, number>): Summary | undefined =>
  summarize(
    [...one].flatMap(([round, value]) => {
      const beside = other.get(round)
      return beside === undefined || beside === 0 ? [] : [value / beside]
    })
  )

/** In an order of chance, each as likely as any other. */
export const shuffled = <A>(items: ReadonlyArray<A>, chance: () => number = Math.random): ReadonlyArray<A> =>
  items
    .map((item) => ({ item, at: chance() }))
    .toSorted((one, other) => one.at - other.at)
    .map(({ item }) => item)
