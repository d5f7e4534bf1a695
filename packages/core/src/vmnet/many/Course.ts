import { Effect } from "effect"
import { Progress } from "../Progress.ts"

/** How far a verb about several VMs is. */
export interface Course {
  /** So many more are finished. */
  readonly finish: (count: number) => void
  /** Of those that are next, this much is done: 0 to 1 of `count`. */
  readonly begin: (count: number) => (fraction: number) => void
}

/** Says with every step that is reported in it how far all of it is. */
export const onCourse = <A, E, R>(total: number, work: (course: Course) => Effect.Effect<A, E, R>) =>
  Effect.flatMap(Progress, (report) => {
    let [finished, partly] = [0, 0]
    const course: Course = {
      finish: (count) => void ([finished, partly] = [finished + count, 0]),
      begin: (count) => (fraction) => void (partly = count * fraction)
    }
    const fraction = () => Math.min(1, (finished + partly) / Math.max(1, total))
    return Effect.provideService(work(course), Progress, (step) => report({ ...step, fraction: fraction() }))
  })

/** How many VMs are worked on together: enough to share what can be, and few enough to be undone. */
export const chunkSize = 64

export const chunksOf = <A>(items: ReadonlyArray<A>): ReadonlyArray<ReadonlyArray<A>> =>
  Array.from({ length: Math.ceil(items.length / chunkSize) }, (_, index) =>
    items.slice(index * chunkSize, (index + 1) * chunkSize)
  )
