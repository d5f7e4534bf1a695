import { assert } from "@effect/vitest"
import { NatOps } from "@vmnet/core"
import { Effect, Result } from "effect"
import { refused, refusedAt } from "./expectations.ts"
import { inNetns } from "./inNetns.ts"
import { KernelFixture, type PlantedNatEntry } from "./KernelFixture.ts"
import { everyElement, longestOwner, otherOwner, owner, segment as aSegment, slot as aSlot } from "./natElements.ts"
import { type NatTests, add, addLayout, assertElements, deleteLayout, natIn, remove } from "./natIn.ts"

const slot = aSlot()
type Slot = typeof slot

/** The same guest somewhere else, or another one here. */
const others: ReadonlyArray<Slot> = [
  { ...slot, device: "tap1" },
  { ...slot, uplink: "eth1" },
  { ...slot, mac: "02:fc:00:00:00:06" },
  { ...slot, address: "169.254.0.22" },
  { ...slot, outside: "10.11.0.2" }
]

const segment = aSegment()
const empty = { layout: "absent", elements: [] } as const

const roundTrip = (it: NatTests): void => {
  it.effect(
    "a slot comes with its tables and goes with them",
    inNetns(
      Effect.fn(function* (netns) {
        const { apply, observe, one } = yield* natIn(netns)
        for (const tag of [owner, longestOwner]) {
          assert.deepStrictEqual(yield* one(slot), { _tag: "Absent" })
          yield* apply(add(slot, tag))
          assert.deepStrictEqual(yield* one(slot), { _tag: "Present", owner: tag })
          const { elements, layout } = yield* observe
          assert.strictEqual(layout, "present")
          assertElements(elements, [slot], tag)
          yield* apply(remove(slot))
          assert.deepStrictEqual(yield* observe, empty)
        }
      })
    )
  )

  it.effect(
    "a slot takes the place of another in one transaction, or none does",
    inNetns(
      Effect.fn(function* (netns) {
        const { apply, observe } = yield* natIn(netns)
        const next = { ...slot, outside: "10.11.0.2" }
        yield* apply(add(slot))
        yield* refusedAt(apply(remove(slot), add(next), add(slot)), "Exists", 2)
        assertElements((yield* observe).elements, [slot])
        yield* apply(remove(slot), add(next, otherOwner))
        assertElements((yield* observe).elements, [next], otherOwner)
        yield* apply(remove(next), addLayout, add(segment))
        assertElements((yield* observe).elements, [segment])
        yield* apply(deleteLayout, add(slot))
        assertElements((yield* observe).elements, [slot])
      })
    )
  )

  it.effect(
    "twenty namespaces have slots at once that differ in their outside address only",
    inNetns(
      Effect.fn(function* () {
        const fixture = yield* KernelFixture
        const nat = yield* NatOps
        const places = yield* Effect.all(Array.from({ length: 20 }, () => fixture.netns))
        const slotAt = (i: number): Slot => ({ ...slot, outside: `10.11.0.${i}` })
        const adding = places.map((place, i) => nat.apply(place, [add(slotAt(i), `vmnet:0a1b2c3d:vm${i}:1`)]))
        yield* Effect.all(adding, { concurrency: "unbounded" })
        for (const [i, place] of places.entries()) {
          assertElements((yield* nat.snapshot(place)).elements, [slotAt(i)], `vmnet:0a1b2c3d:vm${i}:1`)
        }
        yield* nat.apply(places[7]!, [remove(slotAt(7))])
        assert.deepStrictEqual(yield* nat.snapshot(places[7]!), empty)
        assert.strictEqual((yield* nat.snapshot(places[8]!)).elements.length, 1)
      })
    )
  )
}

const strictness = (it: NatTests): void => {
  it.effect(
    "a slot is refused where it is, where another is, and where the layout is",
    inNetns(
      Effect.fn(function* (netns) {
        const { apply, observe } = yield* natIn(netns)
        yield* apply(add(slot))
        for (const other of [slot, ...others]) yield* refusedAt(apply(add(other, otherOwner)), "Exists", 0)
        yield* refused(apply(addLayout), "Exists")
        assert.strictEqual((yield* observe).layout, "present")
        assertElements((yield* observe).elements, [slot])
        yield* apply(remove(slot), addLayout)
        yield* refusedAt(apply(add(segment), add(slot)), "Exists", 1)
        assert.deepStrictEqual(yield* observe, { layout: "present", elements: [] })
      })
    )
  )

  it.effect(
    "only exactly the slot that is there is deleted, and never the layout in its place",
    inNetns(
      Effect.fn(function* (netns) {
        const { apply, observe } = yield* natIn(netns)
        yield* refused(apply(remove(slot)), "Missing")
        yield* apply(add(slot))
        for (const other of others) yield* refusedAt(apply(remove(other)), "Missing", 0)
        yield* refused(apply(deleteLayout), "Missing")
        assertElements((yield* observe).elements, [slot])
        yield* apply(remove(slot), addLayout, add(segment))
        yield* refused(apply(remove(slot)), "Missing")
        assertElements((yield* observe).elements, [segment])
      })
    )
  )

  it.effect(
    "no other element has a place in a slot",
    inNetns(
      Effect.fn(function* (netns) {
        const { apply, find, observe } = yield* natIn(netns)
        yield* apply(add(slot))
        for (const element of everyElement) yield* refused(apply(add(element)), "Missing")
        for (const finding of yield* find(...everyElement)) assert.deepStrictEqual(finding, { _tag: "Absent" })
        assert.strictEqual((yield* observe).layout, "present")
        assertElements((yield* observe).elements, [slot])
      })
    )
  )

  it.effect(
    "values no slot can have are refused as invalid",
    inNetns(
      Effect.fn(function* (netns) {
        const { apply, find, observe } = yield* natIn(netns)
        const impossible: ReadonlyArray<Partial<Slot>> = [
          { device: "sixteen-letters-" },
          { uplink: "" },
          { uplink: "tap0" },
          { mac: "02:fc:00:00:05" },
          { address: "169.254.0.256" },
          { address: "169.254.0.21/30" },
          { outside: "10.11.0" },
          { outside: "10.11.0.0/16" }
        ]
        for (const part of impossible) {
          yield* refused(apply(add({ ...slot, ...part })), "Invalid")
          yield* refused(find({ ...slot, ...part }), "Invalid")
        }
        assert.deepStrictEqual(yield* observe, empty)
      })
    )
  )

  it.effect(
    "of ten that add a slot at once exactly one succeeds",
    inNetns(
      Effect.fn(function* (netns) {
        const { apply, observe } = yield* natIn(netns)
        const attempts = Array.from({ length: 10 }, (_, i) =>
          Effect.result(apply(add({ ...slot, outside: `10.11.0.${i}` })))
        )
        const results = yield* Effect.all(attempts, { concurrency: "unbounded" })
        assert.strictEqual(results.filter(Result.isSuccess).length, 1)
        for (const lost of results.filter(Result.isFailure)) assert.strictEqual(lost.failure.reason, "Exists")
        const winner = results.findIndex(Result.isSuccess)
        assertElements((yield* observe).elements, [{ ...slot, outside: `10.11.0.${winner}` }])
      })
    )
  )
}

const findings = (it: NatTests): void => {
  it.effect(
    "another slot is different, and says whose the one is that is there",
    inNetns(
      Effect.fn(function* (netns) {
        const { apply, one } = yield* natIn(netns)
        yield* apply(add(slot))
        for (const other of others) {
          assert.deepInclude(yield* one(other), { _tag: "Different", owner }, JSON.stringify(other))
        }
      })
    )
  )

  it.effect(
    "a slot without one of its entries, or with somebody's else, is different and not listed",
    inNetns(
      Effect.fn(function* (netns) {
        const { apply, observe, one } = yield* natIn(netns)
        const { deleteNatEntry, plantNatEntry } = yield* KernelFixture
        const parts: ReadonlyArray<PlantedNatEntry> = [
          { set: "slot_guests", key: ["tap0", slot.mac, slot.address] },
          { set: "slot_links", key: ["tap0", "eth0"] },
          { set: "slot_uplinks", key: ["eth0"] },
          { set: "slot_snat", key: ["eth0", slot.address], value: [slot.outside] },
          { set: "slot_dnat", key: ["eth0", slot.outside], value: [slot.address] }
        ]
        yield* apply(add(slot))
        for (const part of parts) {
          yield* deleteNatEntry(netns, part)
          assert.deepInclude(yield* one(slot), { _tag: "Different", owner })
          assert.deepStrictEqual((yield* observe).elements, [])
          yield* plantNatEntry(netns, { ...part, comment: otherOwner })
          assert.strictEqual((yield* one(slot))._tag, "Different")
          yield* deleteNatEntry(netns, part)
          yield* plantNatEntry(netns, { ...part, comment: owner })
          assert.deepStrictEqual(yield* one(slot), { _tag: "Present", owner })
        }
      })
    )
  )

  it.effect(
    "a slot whose rules others changed is altered, still found, and can be replaced",
    inNetns(
      Effect.fn(function* (netns) {
        const { apply, observe, one } = yield* natIn(netns)
        yield* apply(add(slot))
        yield* (yield* KernelFixture).damageLayout(netns)
        assert.strictEqual((yield* observe).layout, "altered")
        assertElements((yield* observe).elements, [slot])
        assert.deepStrictEqual(yield* one(slot), { _tag: "Present", owner })
        yield* apply(remove(slot), add(slot))
        assert.strictEqual((yield* observe).layout, "present")
      })
    )
  )
}

/** The firewall of a guest's own namespace, which is one element. */
export const natSlots = (it: NatTests): void => {
  roundTrip(it)
  strictness(it)
  findings(it)
}
