import { Effect, Result } from "effect"
import { VmnetError } from "../../errors/VmnetError.ts"
import type { AttachRequest } from "../../plan/AttachRequest.ts"
import type { Drivers } from "../../resource/Drivers.ts"
import { backendOf } from "../backendOf.ts"
import { up } from "../up.ts"
import type { EachVm, UpResult } from "../Vmnet.ts"
import { chunksOf, type Course, onCourse } from "./Course.ts"
import { type Accepted, type Answers, upChunk } from "./upChunk.ts"

/** Attaches VMs together, and one by one those that cannot be: each gets its own answer. */
export const upMany = Effect.fn("Vmnet.upMany")(function* (drivers: Drivers, requests: ReadonlyArray<AttachRequest>) {
  yield* refuseTwice(requests)
  const chunks = chunksOf(requests)
  return yield* onCourse(requests.length, (course) =>
    Effect.map(
      Effect.forEach(chunks, (chunk) => upEach(drivers, chunk, course)),
      (answers) => answers.flat()
    )
  )
})

const refuseTwice = Effect.fnUntraced(function* (requests: ReadonlyArray<AttachRequest>) {
  const seen = new Set<string>()
  const twice = requests.find(({ vm }) => seen.has(vm) || !seen.add(vm))
  if (twice === undefined) return
  return yield* new VmnetError({
    code: "BAD_INPUT",
    detail: `${twice.vm} is named twice`,
    hint: "Name each VM once.",
    details: { vm: twice.vm }
  })
})

const upEach = Effect.fnUntraced(function* (drivers: Drivers, chunk: ReadonlyArray<AttachRequest>, course: Course) {
  const together = yield* upTogether(drivers, chunk, course)
  course.finish(together.size)
  return yield* Effect.forEach(chunk, (request) =>
    Effect.gen(function* () {
      const { vm } = request
      const known = together.get(vm)
      if (known !== undefined) return { vm, result: known } satisfies EachVm<UpResult>
      const result = yield* Effect.result(up(drivers, request))
      course.finish(1)
      return { vm, result } satisfies EachVm<UpResult>
    })
  )
})

/** Whatever keeps them from being worked on together is told by `up` of those it concerns. */
const upTogether = Effect.fnUntraced(function* (drivers: Drivers, chunk: ReadonlyArray<AttachRequest>, course: Course) {
  const none: Answers = new Map()
  if (chunk.length < 2) return none
  const accepted = yield* Effect.forEach(chunk, (request) =>
    Effect.map(
      Effect.result(backendOf(request)),
      Result.map((backend): Accepted => ({ request, backend }))
    )
  )
  const those = accepted.flatMap((one) => (Result.isSuccess(one) ? [one.success] : []))
  return yield* Effect.orElseSucceed(upChunk(drivers, those, course.begin(those.length)), () => none)
})
