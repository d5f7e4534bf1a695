import type { Ipv4Range } from "./Ipv4.ts"

/** Ranges of addresses in ascending order, none touching the next: what `mergeRanges` makes. */
export type Ipv4Ranges = ReadonlyArray<Ipv4Range>

/** Overlapping and adjacent ranges made one. The end 255.255.255.255 is an ordinary end. */
export const mergeRanges = (ranges: ReadonlyArray<Ipv4Range>): Ipv4Ranges => {
  const merged: Array<Ipv4Range> = []
  for (const range of ranges.toSorted((a, b) => a.first - b.first)) {
    const last = merged.at(-1)
    if (last === undefined || range.first > last.last + 1) merged.push(range)
    else merged[merged.length - 1] = { first: last.first, last: Math.max(last.last, range.last) }
  }
  return merged
}

/** The parts of `ranges` within `bounds`. */
export const clipRanges = (ranges: ReadonlyArray<Ipv4Range>, bounds: Ipv4Range): ReadonlyArray<Ipv4Range> =>
  ranges
    .map(({ first, last }) => ({ first: Math.max(first, bounds.first), last: Math.min(last, bounds.last) }))
    .filter(({ first, last }) => first <= last)

export const countAddresses = (ranges: Ipv4Ranges): number =>
  ranges.reduce((count, { first, last }) => count + last - first + 1, 0)
