import { assert, describe, it } from "@effect/vitest"
import { Vmnet } from "@vmnet/core"
import { assertSame, leaseRows } from "@vmnet/testkit/conformance"
import { Effect, Fiber, Random } from "effect"
import { TestClock } from "effect/testing"
import { onInterleavedMachine } from "./interleavedMachine.ts"
import { assertLive } from "./invariants.ts"
import { anyStep, type Crowd, dice, outcome, type Step, vmOf } from "./steps.ts"

const fibers = 50
const stepsEach = 4

/** Refusals that belong to what the fibers do to one another. Everything else is a failure of ours. */
const expected = new Set(["ok", "VM_CONFLICT", "VM_NOT_FOUND", "PORT_IN_USE", "PUBLISH_NOT_FOUND", "ADDRESS_EXHAUSTED"])

/** Time passes while there is work: waiting for locks is what takes it. */
const letTimePass = Effect.fnUntraced(function* <A, E>(work: Fiber.Fiber<A, E>) {
  while (work.pollUnsafe() === undefined) yield* TestClock.adjust("1 millis")
  return yield* Fiber.join(work)
})

/** Everything that happened, in order: `17: up vm3 PORT_IN_USE`. */
const simulate = (seed: number, crowd: Crowd) =>
  onInterleavedMachine((machine) =>
    Effect.gen(function* () {
      const { kernel } = machine
      const roll = dice(seed)
      const before = [kernel.snapshot(), yield* leaseRows]
      const log: Array<string> = []
      const working: Array<string> = []
      const perform = Effect.fnUntraced(function* (fiber: number, step: Step) {
        working.push(vmOf(step))
        const word = yield* outcome(step)
        working.splice(working.indexOf(vmOf(step)), 1)
        const entry = `${fiber}: ${step._tag} ${vmOf(step)} ${word}`
        log.push(entry)
        assert.isTrue(expected.has(word), entry)
        yield* assertLive(kernel, new Set(working), entry)
      })
      const scripts = Array.from({ length: fibers }, () =>
        Array.from({ length: stepsEach }, () => anyStep(roll, crowd))
      )
      const all = Effect.forEach(
        scripts,
        (script, fiber) => Effect.forEach(script, (step) => perform(fiber, step), { discard: true }),
        { concurrency: "unbounded", discard: true }
      )
      const vmnet = yield* Vmnet
      const downs = Effect.flatMap(vmnet.list, (left) =>
        Effect.forEach(left, ({ vm }) => vmnet.down(vm), { concurrency: "unbounded", discard: true })
      )
      yield* letTimePass(yield* Effect.forkChild(Effect.andThen(all, downs)))
      assertSame([kernel.snapshot(), yield* leaseRows], before, `seed ${seed}`)
      return log
    })
  ).pipe(Random.withSeed(`${seed}`))

const many: Crowd = { web: 7, db: 3 }
const few: Crowd = { web: 2, db: 1 }
const runs = [many, few].flatMap((crowd) => [1, 2, 3, 4].map((seed) => ({ seed, crowd, vms: crowd.web + crowd.db })))

describe("fifty fibers that bring up, take down and publish what they like, and are interrupted at times", () => {
  it.effect.each(runs)(
    "never leave a live VM without what it needs, and nothing in the end ($vms VMs, seed $seed)",
    ({ crowd, seed }) =>
      Effect.gen(function* () {
        const log = yield* simulate(seed, crowd)
        assert.strictEqual(log.length, fibers * stepsEach)
        assert.isAbove(log.filter((entry) => entry.endsWith("ok")).length, 60)
      }),
    60_000
  )

  it.effect(
    "do the same again from the same seed, step by step",
    () =>
      Effect.gen(function* () {
        assert.deepStrictEqual(yield* simulate(42, many), yield* simulate(42, many))
      }),
    60_000
  )
})
