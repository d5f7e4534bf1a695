import { assert, it } from "@effect/vitest"
import { namedNetns } from "@vmnet/core"
import { Effect, Fiber, Scheduler } from "effect"
import { Place } from "#src/netns/Place.ts"
import { PlacesOpen } from "#src/netns/Places.ts"

/** Whether nobody stays any more: then nothing is kept open. */
const isLeft = (places: PlacesOpen): boolean => !places.keep(namedNetns("vacant"), new Place())

/** What is done before: so few operations at a time would lead nowhere. */
const before = Effect.forEach([1, 2, 3], () => Effect.void, { discard: true })
const counts = Array.from({ length: 30 }, (_, index) => index + 5)

it.effect.each(counts)("who is interrupted where he gives way after %d operations stays no longer", (count) =>
  Effect.gen(function* () {
    const places = new PlacesOpen()
    const work = Effect.andThen(before, places.stay(Effect.never))
    const staying = yield* Effect.forkChild(Effect.provideService(work, Scheduler.MaxOpsBeforeYield, count))
    yield* Effect.yieldNow
    yield* Fiber.interrupt(staying)
    assert.isTrue(isLeft(places))
  })
)
