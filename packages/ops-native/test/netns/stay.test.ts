import { assert, it } from "@effect/vitest"
import { namedNetns } from "@vmnet/core"
import { Effect, Fiber, Scheduler } from "effect"
import { fstatSync, openSync } from "node:fs"
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

const isClosed = (fd: number): boolean => {
  try {
    fstatSync(fd)
    return false
  } catch {
    return true
  }
}

it.effect("a namespace is let go of when all have ended who stayed when it was used, whoever has come since", () =>
  Effect.gen(function* () {
    using places = new PlacesOpen()
    const staying = () => Effect.forkChild(places.stay(Effect.never), { startImmediately: true })
    const fd = openSync("/dev/null", "r")
    const [first, second] = [yield* staying(), yield* staying()]
    assert.isTrue(places.keep(namedNetns("vacant"), new Place(fd)))
    const third = yield* staying()
    yield* Fiber.interrupt(first)
    assert.isFalse(isClosed(fd))
    yield* Fiber.interrupt(second)
    assert.isTrue(isClosed(fd))
    yield* Fiber.interrupt(third)
  })
)

it.effect("a namespace stays open while it is worked in, however many more there is work in meanwhile", () =>
  Effect.gen(function* () {
    using places = new PlacesOpen()
    const staying = yield* Effect.forkChild(places.stay(Effect.never), { startImmediately: true })
    const netns = { _tag: "Path", path: "/dev/null" } as const
    const fd = openSync(netns.path, "r")
    places.keep(netns, new Place(fd))
    places.keep(namedNetns("other"), new Place())
    places.use(netns, { family: "link", action: "look" }, () => {
      for (let count = 0; count < 95; count++) places.keep(namedNetns(`other${count}`), new Place())
      assert.isFalse(isClosed(fd))
    })
    yield* Fiber.interrupt(staying)
    assert.isTrue(isClosed(fd))
  })
)
