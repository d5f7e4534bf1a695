import { assert } from "@effect/vitest"
import type { NatChange, NatElement } from "@vmnet/core"
import { Effect } from "effect"
import { refused, refusedAt } from "./expectations.ts"
import { inNetns } from "./inNetns.ts"
import { KernelFixture, type PlantedNatEntry } from "./KernelFixture.ts"
import {
  everyElement,
  guest as aGuest,
  otherOwner,
  owner,
  publish,
  segment as aSegment,
  slot as aSlot
} from "./natElements.ts"
import { type NatTests, add, addLayout, assertElements, natIn, remove } from "./natIn.ts"

const restoreLayout: NatChange = { _tag: "RestoreLayout" }
const restore = (element: NatElement, who = owner): NatChange => ({ _tag: "RestoreElement", element, owner: who })

const segment = aSegment()
const guest = aGuest({ mark: 5 })
const range = publish({ hostAddress: "192.0.2.1", hostPort: 9000, count: 3, guestPort: 9000, mark: 6 })
const slot = aSlot()

/** An element, and an entry that it does not do without. */
const parts: ReadonlyArray<readonly [NatElement, PlantedNatEntry]> = [
  [segment, { set: "pairs", key: ["vmb1", "vmb1"] }],
  [guest, { set: "live", key: ["10.0.42.2", "5"] }],
  [range, { set: "publish", key: ["tcp", "192.0.2.1", "9001"] }]
]

const layouts = (it: NatTests): void => {
  it.effect(
    "a layout that others changed is as made again, and every element stays",
    inNetns(
      Effect.fn(function* (netns) {
        const { apply, observe } = yield* natIn(netns)
        yield* apply(addLayout, ...everyElement.map((element) => add(element)))
        for (const damage of [(yield* KernelFixture).damageLayout(netns), Effect.void]) {
          yield* damage
          yield* apply(restoreLayout)
          const after = yield* observe
          assert.strictEqual(after.layout, "present")
          assertElements(after.elements, everyElement)
        }
      })
    )
  )

  it.effect(
    "where there is no layout it is made, and elements with it, or none of it is",
    inNetns(
      Effect.fn(function* (netns) {
        const { apply, observe } = yield* natIn(netns)
        yield* refused(apply(restoreLayout, add(segment), add(segment)), "Exists")
        assert.strictEqual((yield* observe).layout, "absent")
        yield* apply(restoreLayout, restore(segment))
        const after = yield* observe
        assert.strictEqual(after.layout, "present")
        assertElements(after.elements, [segment])
      })
    )
  )
}

const elements = (it: NatTests): void => {
  it.effect(
    "an element is made of nothing, of a part, and of itself",
    inNetns(
      Effect.fn(function* (netns) {
        const { apply, observe } = yield* natIn(netns)
        const { deleteNatEntry } = yield* KernelFixture
        const all = parts.map(([element]) => element)
        yield* apply(addLayout, ...all.map((element) => restore(element)))
        assertElements((yield* observe).elements, all)
        for (const [element, part] of parts) {
          yield* deleteNatEntry(netns, part)
          yield* apply(restore(element))
          assertElements((yield* observe).elements, all)
          yield* apply(restore(element))
          assertElements((yield* observe).elements, all)
        }
      })
    )
  )

  it.effect(
    "an element is made of what is ours under its key, whatever that says, and it is deleted as any other",
    inNetns(
      Effect.fn(function* (netns) {
        const { apply, observe } = yield* natIn(netns)
        const changed: ReadonlyArray<NatElement> = [
          { ...segment, isolated: true },
          { ...guest, egress: "none" },
          publish({ hostAddress: "192.0.2.1", hostPort: 9000, count: 3, guestPort: 9100, mark: 6 })
        ]
        for (const [index, [element]] of parts.entries()) {
          yield* apply(index === 0 ? addLayout : restoreLayout, add(changed[index]!))
          yield* apply(restore(element))
          assertElements((yield* observe).elements, [element])
          yield* apply(remove(element))
          assertElements((yield* observe).elements, [])
        }
      })
    )
  )

  it.effect(
    "where a part of it is somebody else's nothing is touched, nor anything beside it",
    inNetns(
      Effect.fn(function* (netns) {
        const { apply, observe, one } = yield* natIn(netns)
        const { deleteNatEntry, plantNatEntry } = yield* KernelFixture
        const part = { set: "pairs", key: ["vmb1", "vmb1"] } as const
        yield* apply(addLayout, add(segment))
        yield* deleteNatEntry(netns, part)
        yield* plantNatEntry(netns, { ...part, comment: otherOwner })
        const before = [yield* observe, yield* one(segment)]
        yield* refusedAt(apply(restore(guest), restore(segment)), "Exists", 1)
        assert.deepStrictEqual([yield* observe, yield* one(segment)], before)
        assert.deepInclude(yield* one(segment), { stranger: otherOwner })
        yield* apply(add({ _tag: "Masquerade", device: "vmb1" }, otherOwner))
        yield* refused(apply(restore({ _tag: "Masquerade", device: "vmb1" })), "Exists")
      })
    )
  )

  it.effect(
    "without the layout there is nothing to make an element in",
    inNetns(
      Effect.fn(function* (netns) {
        const { apply, observe } = yield* natIn(netns)
        yield* refused(apply(restore(segment)), "Missing")
        assert.strictEqual((yield* observe).layout, "absent")
      })
    )
  )
}

const slots = (it: NatTests): void => {
  it.effect(
    "a slot is made of nothing, of a part and of changed rules, which come back with it",
    inNetns(
      Effect.fn(function* (netns) {
        const { apply, observe } = yield* natIn(netns)
        const { damageLayout, deleteNatEntry } = yield* KernelFixture
        for (const damage of [
          Effect.void,
          damageLayout(netns),
          deleteNatEntry(netns, { set: "slot_links", key: ["tap0", "eth0"] }),
          apply(remove(slot))
        ]) {
          yield* apply(restore(slot))
          const after = yield* observe
          assert.strictEqual(after.layout, "present")
          assertElements(after.elements, [slot])
          yield* damage
        }
      })
    )
  )

  it.effect(
    "in the place of a layout no slot is made, nor a layout in that of a slot",
    inNetns(
      Effect.fn(function* (netns) {
        const { apply, observe } = yield* natIn(netns)
        yield* apply(addLayout, add(segment))
        yield* refused(apply(restore(slot)), "Exists")
        assertElements((yield* observe).elements, [segment])
        yield* apply({ _tag: "DeleteLayout" }, add(slot))
        yield* refused(apply(restoreLayout), "Exists")
        assertElements((yield* observe).elements, [slot])
      })
    )
  )
}

/** What makes a firewall whole again that somebody has changed. */
export const natRestoring = (it: NatTests): void => {
  layouts(it)
  elements(it)
  slots(it)
}
