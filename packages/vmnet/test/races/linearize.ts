/** Something that happened at one moment between its start and its end. */
export interface Interval {
  readonly start: number
  readonly end: number
}

/** The states an operation may lead to from a state: none when it cannot have happened there. */
export type Apply<Op, State> = (state: State, op: Op) => ReadonlyArray<State>

export interface Verdict<Op> {
  readonly possible: boolean
  /** The longest row of operations that could be explained: what comes behind it is where the trouble is. */
  readonly longest: ReadonlyArray<Op>
}

/**
 * Whether there is an order of the operations that a sequential model explains and in which nothing comes before what had
 * ended when it began (Wing and Gong 1993, with memory of the dead ends as Lowe 2017 has it).
 */
export const linearize = <Op extends Interval, State>(
  operations: ReadonlyArray<Op>,
  initial: State,
  apply: Apply<Op, State>
): Verdict<Op> => {
  const ordered = operations.toSorted((a, b) => a.start - b.start)
  const deadEnds = new Set<string>()
  const done = new Set<number>()
  const row: Array<Op> = []
  let longest: ReadonlyArray<Op> = []
  const from = (first: number, state: State): boolean => {
    let next = first
    while (done.has(next)) next++
    if (next === ordered.length) return true
    const ahead = [...done].filter((index) => index > next).toSorted((a, b) => a - b)
    const key = `${next} ${ahead.join(",")} ${JSON.stringify(state)}`
    if (deadEnds.has(key)) return false
    for (const index of candidates(ordered, done, next)) {
      const op = ordered[index]!
      done.add(index)
      row.push(op)
      for (const reached of apply(state, op)) {
        if (row.length > longest.length) longest = [...row]
        if (from(next, reached)) return true
      }
      row.pop()
      done.delete(index)
    }
    deadEnds.add(key)
    return false
  }
  const possible = from(0, initial)
  return { possible, longest }
}

/** The operations that may be the next: those that began before every other that is left had ended. */
const candidates = (
  ordered: ReadonlyArray<Interval>,
  done: ReadonlySet<number>,
  next: number
): ReadonlyArray<number> => {
  const found: Array<number> = []
  let firstEnd = Infinity
  for (let index = next; index < ordered.length && ordered[index]!.start <= firstEnd; index++) {
    if (done.has(index)) continue
    found.push(index)
    firstEnd = Math.min(firstEnd, ordered[index]!.end)
  }
  return found
}
