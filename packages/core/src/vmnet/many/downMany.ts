import { Effect } from "effect"
import type { Drivers } from "../../resource/Drivers.ts"
import { down } from "../down.ts"
import type { DownResult, EachVm } from "../Vmnet.ts"
import { removingAnyway } from "../withoutRecord.ts"
import { chunksOf, type Course, onCourse } from "./Course.ts"
import { type DownAnswers, downChunk } from "./downChunk.ts"

/** Detaches VMs together, and one by one those that cannot be: each gets its own answer. */
export const downMany = Effect.fn("Vmnet.downMany")(function* (drivers: Drivers, vms: ReadonlyArray<string>) {
  const names = [...new Set(vms)]
  return yield* onCourse(names.length, (course) =>
    Effect.map(
      Effect.forEach(chunksOf(names), (chunk) => downEach(drivers, chunk, course)),
      (answers) => answers.flat()
    )
  )
})

const downEach = Effect.fnUntraced(function* (drivers: Drivers, chunk: ReadonlyArray<string>, course: Course) {
  const none: DownAnswers = new Map()
  const together = chunk.length < 2 ? none : yield* Effect.orElseSucceed(downChunk(drivers, chunk), () => none)
  course.finish(together.size)
  return yield* Effect.forEach(chunk, (vm) =>
    Effect.gen(function* () {
      const known = together.get(vm)
      if (known !== undefined) return { vm, result: known } satisfies EachVm<DownResult>
      const result = yield* Effect.result(removingAnyway(down(drivers, vm)))
      course.finish(1)
      return { vm, result } satisfies EachVm<DownResult>
    })
  )
})
