import { readFileSync } from "node:fs"

/** A moment of a command: the n-th time, from 1, that it does what the words say. */
export interface Point {
  readonly index: number
  readonly words: string
  readonly occurrence: number
}

export type Mode = "before" | "during" | "after"

/** Where a process is to end. `delay` is how far what it does has come, in microseconds. */
export interface Kill {
  readonly point: Point
  readonly mode: Mode
  readonly delay: number
}

const pointLine = "point "
const startedLine = "started "

const linesOf = (trace: string): ReadonlyArray<string> => readFileSync(trace, "utf8").split("\n")

/** All points of a run that came to its end. */
export const pointsOf = (trace: string): ReadonlyArray<Point> => {
  const seen = new Map<string, number>()
  return linesOf(trace)
    .filter((line) => line.startsWith(pointLine))
    .map((line, index) => {
      const words = line.slice(pointLine.length)
      const occurrence = (seen.get(words) ?? 0) + 1
      seen.set(words, occurrence)
      return { index, words, occurrence }
    })
}

/** They live as long as their VM does. */
const helpers = /(?:slirp4netns|pasta|passt|unshare)$/

/** The process groups of the programs that a run started, each named by its leader. Without the helpers of VMs. */
export const startedOf = (trace: string): ReadonlyArray<number> =>
  linesOf(trace)
    .filter((line) => line.startsWith(startedLine) && !helpers.test(line))
    .map((line) => Number(line.split(" ")[1]))

/** A file without a name goes with its process, and a transaction that changed nothing leaves what was. */
const isWeak = ({ words }: Point): boolean =>
  /^(?:BEGIN|COMMIT of nothing|ROLLBACK|PRAGMA|(?:open|write) \/dev\/shm$)/.test(words)

/** How far a program or a call has come when its process ends. */
const delaysOf = ({ words }: Point): ReadonlyArray<number> => (words.startsWith("spawn ") ? [0, 1_500, 4_000] : [0, 60])

/** Every way to end at a point. At one that changes nothing outside of the process they are all the same. */
export const killsAt = (point: Point): ReadonlyArray<Kill> => {
  if (isWeak(point)) return [{ point, mode: "before", delay: 0 }]
  const during = delaysOf(point).map((delay): Kill => ({ point, mode: "during", delay }))
  return [{ point, mode: "before", delay: 0 }, ...during, { point, mode: "after", delay: 0 }]
}
