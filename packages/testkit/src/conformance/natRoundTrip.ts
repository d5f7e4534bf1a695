import { assert } from "@effect/vitest"
import { type NatElement, natElementKey } from "@vmnet/core"
import { Effect } from "effect"
import { refused } from "./expectations.ts"
import { inNetns } from "./inNetns.ts"
import { everyElement, longestOwner, otherOwner, owner, publish } from "./natElements.ts"
import { type NatTests, add, addLayout, assertElements, natIn, remove } from "./natIn.ts"

const words = (element: NatElement): string => natElementKey(element).replaceAll("%", "%%")

/** Every kind of element: added, found, listed, refused a second time, deleted, and gone. */
export const natRoundTrip = (it: NatTests): void => {
  for (const element of everyElement) {
    it.effect(
      `${words(element)} comes back as it was added, is strict, and goes`,
      inNetns(
        Effect.fn(function* (netns) {
          const { apply, one, observe } = yield* natIn(netns)
          yield* apply(addLayout)
          assert.deepStrictEqual(yield* one(element), { _tag: "Absent" })
          yield* refused(apply(remove(element)), "Missing")
          yield* apply(add(element, owner))
          assert.deepStrictEqual(yield* one(element), { _tag: "Present", owner })
          assertElements((yield* observe).elements, [element])
          yield* refused(apply(add(element, otherOwner)), "Exists")
          assert.deepStrictEqual(yield* one(element), { _tag: "Present", owner })
          yield* apply(remove(element))
          assert.deepStrictEqual(yield* one(element), { _tag: "Absent" })
          assert.deepStrictEqual((yield* observe).elements, [])
          yield* refused(apply(remove(element)), "Missing")
        })
      )
    )
  }

  it.effect(
    "all kinds side by side are listed and found, each with its owner",
    inNetns(
      Effect.fn(function* (netns) {
        const { apply, find, observe } = yield* natIn(netns)
        yield* apply(addLayout, ...everyElement.map((element) => add(element, longestOwner)))
        assertElements((yield* observe).elements, everyElement, longestOwner)
        const asked = everyElement.toReversed()
        for (const finding of yield* find(...asked)) {
          assert.deepStrictEqual(finding, { _tag: "Present", owner: longestOwner })
        }
        assert.deepStrictEqual(yield* find(), [])
      })
    )
  )

  it.effect(
    "deleting one of all leaves every other",
    inNetns(
      Effect.fn(function* (netns) {
        const { apply, observe } = yield* natIn(netns)
        yield* apply(addLayout, ...everyElement.map((element) => add(element)))
        for (const element of everyElement) {
          yield* apply(remove(element))
          const others = everyElement.filter((other) => other !== element)
          assertElements((yield* observe).elements, others)
          yield* apply(add(element))
        }
      })
    )
  )

  it.effect(
    "elements whose texts begin alike are kept apart",
    inNetns(
      Effect.fn(function* (netns) {
        const { apply, one, observe } = yield* natIn(netns)
        const alike: ReadonlyArray<NatElement> = [
          { _tag: "Guest", device: "vmb1", address: "10.1.1.1", mark: 1, egress: "all" },
          { _tag: "Guest", device: "vmb1", address: "10.1.1.10", mark: 10, egress: "all" },
          { _tag: "Guest", device: "vmb10", address: "10.1.1.100", mark: 100, egress: "all" },
          publish({ hostPort: 80, mark: 2 }),
          publish({ hostPort: 8080, mark: 20 }),
          publish({ hostPort: 808, mark: 200 })
        ]
        yield* apply(addLayout, ...alike.map((element) => add(element)))
        yield* apply(remove(alike[0]!), remove(alike[3]!))
        assertElements((yield* observe).elements, [alike[1]!, alike[2]!, alike[4]!, alike[5]!])
        assert.deepStrictEqual(yield* one(alike[0]!), { _tag: "Absent" })
        assert.deepStrictEqual(yield* one(alike[3]!), { _tag: "Absent" })
      })
    )
  )

  it.effect(
    "a range of 1024 ports is one element: whole, strict on each of its ports, and gone in one go",
    inNetns(
      Effect.fn(function* (netns) {
        const { apply, one, observe } = yield* natIn(netns)
        const range = publish({ hostPort: 20_000, count: 1024, guestPort: 40_000, mark: 7 })
        yield* apply(addLayout, add(range))
        assertElements((yield* observe).elements, [range])
        assert.deepStrictEqual(yield* one(range), { _tag: "Present", owner })
        for (const hostPort of [20_000, 20_500, 21_023]) {
          yield* refused(apply(add(publish({ hostPort, mark: 8 }))), "Exists")
        }
        yield* refused(apply(add(publish({ hostPort: 21_000, count: 100, guestPort: 1, mark: 8 }))), "Exists")
        yield* apply(remove(range))
        assert.deepStrictEqual(yield* one(range), { _tag: "Absent" })
        assert.deepStrictEqual((yield* observe).elements, [])
      })
    )
  )

  it.effect(
    "ranges that touch stay apart, and the same ports serve another protocol and another address",
    inNetns(
      Effect.fn(function* (netns) {
        const { apply, observe } = yield* natIn(netns)
        const at = { hostAddress: "192.0.2.1", hostPort: 9000, count: 5, guestPort: 9000 }
        const elements = [
          publish({ ...at, mark: 1 }),
          publish({ ...at, hostPort: 9005, guestPort: 9005, mark: 2 }),
          publish({ ...at, protocol: "udp", mark: 3 }),
          publish({ ...at, hostAddress: "192.0.2.2", mark: 4 })
        ]
        yield* apply(addLayout, ...elements.map((element) => add(element)))
        assertElements((yield* observe).elements, elements)
        yield* apply(remove(elements[1]!))
        assertElements((yield* observe).elements, [elements[0]!, elements[2]!, elements[3]!])
      })
    )
  )

  it.effect(
    "five hundred guests in one transaction are all there",
    inNetns(
      Effect.fn(function* (netns) {
        const { apply, observe } = yield* natIn(netns)
        const guests = Array.from({ length: 500 }, (_, i): NatElement => {
          const address = `10.0.${Math.floor(i / 250)}.${(i % 250) + 1}`
          return { _tag: "Guest", device: "vmb1", address, mark: i + 1, egress: "listed" }
        })
        yield* apply(addLayout, ...guests.map((guest) => add(guest)))
        assertElements((yield* observe).elements, guests)
        yield* apply(...guests.map(remove))
        assert.deepStrictEqual((yield* observe).elements, [])
      })
    )
  )
}
