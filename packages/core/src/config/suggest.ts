/** ` (did you mean "subnet"?)` for the one candidate a typing mistake or two away, or nothing. */
export const suggestion = (text: string, candidates: Iterable<string>): string => {
  const tolerance = text.length <= 3 ? 1 : 2
  const near = [...candidates]
    .map((candidate) => ({ candidate, edits: distance(text, candidate, tolerance) }))
    .filter(({ edits }) => edits <= tolerance)
    .sort((a, b) => a.edits - b.edits)
  return near[0] === undefined ? "" : ` (did you mean "${near[0].candidate}"?)`
}

/** Restricted Damerau-Levenshtein distance, ignoring case, `-` and `_`; anything clearly above `limit` is infinite. */
const distance = (left: string, right: string, limit: number): number => {
  const a = plain(left)
  const b = plain(right)
  if (Math.abs(a.length - b.length) > limit) return Number.POSITIVE_INFINITY
  let above: Array<number> = []
  let row = Array.from({ length: b.length + 1 }, (_, index) => index)
  for (let i = 1; i <= a.length; i++) {
    const next = [i]
    for (let j = 1; j <= b.length; j++) {
      const same = a[i - 1] === b[j - 1] ? 0 : 1
      const swapped = i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1]
      const best = Math.min(row[j]! + 1, next[j - 1]! + 1, row[j - 1]! + same)
      next.push(swapped ? Math.min(best, above[j - 2]! + 1) : best)
    }
    above = row
    row = next
  }
  return row[b.length]!
}

const plain = (text: string): string => text.toLowerCase().replaceAll(/[-_]/g, "")
