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
 * ended when it began (Wing and Gong 1993, with memory of the dead ends as Lowe 2017 has it). Of an operation without an answer
 * nobody knows what it did: it may have changed nothing here, and a great deal a moment later.
 */
export const linearize = <Op extends Interval, State>(
  operations: ReadonlyArray<Op>,
  initial: State,
  apply: Apply<Op, State>,
  isAnswered: (op: Op) => boolean = () => true
): Verdict<Op> => {
  const ordered = operations.toSorted((a, b) => a.start - b.start)
  const deadEnds = new Set<string>()
  const done = new Set<number>()
  const row: Array<number> = []
  let longest: ReadonlyArray<number> = []
  const take = (index: number): void => {
    done.add(index)
    row.push(index)
    if (row.length > longest.length) longest = [...row]
  }
  const backTo = (length: number): void => {
    while (row.length > length) done.delete(row.pop()!)
  }
  // What may be the next and changes nothing may as well be the next at once, for its answer says that it changes nothing: most of
  // what was asked is not worth a branch.
  const absorb = (first: number, state: State): number => {
    for (let next = first; ;) {
      while (done.has(next)) next++
      const idle = candidates(ordered, done, next).find(
        (index) => isAnswered(ordered[index]!) && isIdle(state, apply(state, ordered[index]!))
      )
      if (idle === undefined) return next
      take(idle)
    }
  }
  const from = (first: number, state: State): boolean => {
    const before = row.length
    const next = absorb(first, state)
    if (next === ordered.length) return true
    const ahead = [...done].filter((index) => index > next).toSorted((a, b) => a - b)
    const key = `${next} ${ahead.join(",")} ${JSON.stringify(state)}`
    if (!deadEnds.has(key)) {
      const here = row.length
      for (const index of candidates(ordered, done, next)) {
        for (const reached of apply(state, ordered[index]!)) {
          take(index)
          if (from(next, reached)) return true
          backTo(here)
        }
      }
      deadEnds.add(key)
    }
    backTo(before)
    return false
  }
  const possible = from(0, initial)
  return { possible, longest: longest.map((index) => ordered[index]!) }
}

const isIdle = <State>(state: State, reached: ReadonlyArray<State>): boolean =>
  reached.length === 1 && reached[0] === state

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
