import { assert } from "@effect/vitest"
import type { Netns } from "@vmnet/core"
import { Effect } from "effect"
import { refused } from "./expectations.ts"
import { inNetns } from "./inNetns.ts"
import { KernelFixture } from "./KernelFixture.ts"
import { everyElement } from "./natElements.ts"
import { type NatTests, add, addLayout, assertElements, deleteLayout, natIn, remove } from "./natIn.ts"

const segment = { _tag: "Segment", device: "vmb1", isolated: false } as const
const nothing = { layout: "absent", elements: [] } as const
const gone: Netns = { _tag: "Path", path: "/run/netns/vmnet-conformance-absent" }

/** The tables themselves: there, not there, changed by others. */
export const natLayout = (it: NatTests): void => {
  it.effect(
    "without the layout everything is absent, and elements are refused as missing",
    inNetns(
      Effect.fn(function* (netns) {
        const { apply, find, observe } = yield* natIn(netns)
        assert.deepStrictEqual(yield* observe, nothing)
        for (const finding of yield* find(...everyElement)) assert.deepStrictEqual(finding, { _tag: "Absent" })
        yield* refused(apply(add(segment)), "Missing")
        yield* refused(apply(remove(segment)), "Missing")
        yield* refused(apply(deleteLayout), "Missing")
        assert.deepStrictEqual(yield* observe, nothing)
      })
    )
  )

  it.effect(
    "the layout is added once and empty; adding it again is refused and changes nothing",
    inNetns(
      Effect.fn(function* (netns) {
        const { apply, observe } = yield* natIn(netns)
        yield* apply(addLayout)
        assert.deepStrictEqual(yield* observe, { layout: "present", elements: [] })
        yield* apply(add(segment))
        yield* refused(apply(addLayout), "Exists")
        const after = yield* observe
        assert.strictEqual(after.layout, "present")
        assertElements(after.elements, [segment])
      })
    )
  )

  it.effect(
    "layout and elements can be added in one transaction, which fails whole",
    inNetns(
      Effect.fn(function* (netns) {
        const { apply, observe } = yield* natIn(netns)
        yield* refused(apply(addLayout, add(segment), add(segment)), "Exists")
        assert.deepStrictEqual(yield* observe, nothing)
        yield* apply(addLayout, add(segment))
        assertElements((yield* observe).elements, [segment])
      })
    )
  )

  it.effect(
    "deleting the layout deletes every element with it, and it can be added anew",
    inNetns(
      Effect.fn(function* (netns) {
        const { apply, find, observe } = yield* natIn(netns)
        yield* apply(addLayout, ...everyElement.map((element) => add(element)))
        yield* apply(deleteLayout)
        assert.deepStrictEqual(yield* observe, nothing)
        for (const finding of yield* find(...everyElement)) assert.deepStrictEqual(finding, { _tag: "Absent" })
        yield* apply(addLayout)
        assert.deepStrictEqual(yield* observe, { layout: "present", elements: [] })
      })
    )
  )

  it.effect(
    "a layout that others changed is altered; its elements are still listed and found",
    inNetns(
      Effect.fn(function* (netns) {
        const { apply, one, observe } = yield* natIn(netns)
        yield* apply(addLayout, add(segment))
        yield* (yield* KernelFixture).damageLayout(netns)
        const { layout, elements } = yield* observe
        assert.strictEqual(layout, "altered")
        assertElements(elements, [segment])
        assert.strictEqual((yield* one(segment))._tag, "Present")
        yield* apply(deleteLayout, addLayout)
        assert.deepStrictEqual(yield* observe, { layout: "present", elements: [] })
      })
    )
  )

  it.effect(
    "namespaces have layouts and elements of their own",
    inNetns(
      Effect.fn(function* (netns) {
        const fixture = yield* KernelFixture
        const elsewhere = yield* fixture.netns
        const [here, there] = [yield* natIn(netns), yield* natIn(elsewhere)]
        yield* here.apply(addLayout, add(segment))
        assert.deepStrictEqual(yield* there.observe, nothing)
        const inside = yield* natIn((yield* fixture.process(elsewhere)).netns)
        yield* inside.apply(addLayout)
        assert.deepStrictEqual(yield* there.observe, { layout: "present", elements: [] })
        yield* there.apply(deleteLayout)
        assertElements((yield* here.observe).elements, [segment])
      })
    )
  )

  it.effect("a namespace that is gone is missing", () =>
    Effect.gen(function* () {
      const { apply, find, observe } = yield* natIn(gone)
      yield* refused(apply(addLayout), "Missing")
      yield* refused(find(segment), "Missing")
      yield* refused(observe, "Missing")
    })
  )
}
