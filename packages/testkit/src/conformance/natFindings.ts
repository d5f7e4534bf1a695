import { assert } from "@effect/vitest"
import { type NatElement, natElementKey } from "@vmnet/core"
import { Effect } from "effect"
import { inNetns } from "./inNetns.ts"
import { KernelFixture, type PlantedNatEntry } from "./KernelFixture.ts"
import { guest as aGuest, owner, publish, segment as aSegment } from "./natElements.ts"
import { type NatTests, add, addLayout, assertElements, natIn, remove } from "./natIn.ts"

const segment = aSegment()
const guest = aGuest({ mark: 5 })

/** What nft itself accepts as a comment: printable or not, quotes, statements, up to 128 bytes. */
const hostileComments = [
  'vmnet:0a1b2c3d:vm1:1"; }',
  "it's",
  "one\ttwo\nthree",
  "\u001b[31mred",
  "back\\slash",
  "ünï💥",
  " vmnet:0a1b2c3d:vm1:1",
  "x".repeat(128)
]

/** Entries that somebody else made, changed or deleted. */
export const natFindings = (it: NatTests): void => {
  it.effect(
    "the same key with another value is different, and says whose it is",
    inNetns(
      Effect.fn(function* (netns) {
        const { apply, one } = yield* natIn(netns)
        yield* apply(addLayout, add(guest), add(publish({ hostPort: 8080, guestPort: 80, mark: 6 })))
        const others: ReadonlyArray<NatElement> = [
          { ...guest, mark: 9 },
          { ...guest, egress: "none" },
          { ...guest, device: "vmb2" },
          publish({ hostPort: 8080, guestPort: 81, mark: 6 }),
          publish({ hostPort: 8080, guestPort: 80, mark: 7 }),
          publish({ hostPort: 8080, guestPort: 80, guestAddress: "10.0.42.3", mark: 6 }),
          publish({ hostPort: 8080, guestPort: 80, count: 2, mark: 6 })
        ]
        for (const element of others) {
          const finding = yield* one(element)
          assert.deepInclude(finding, { _tag: "Different", owner }, JSON.stringify(element))
          assert.isNotEmpty("detail" in finding ? finding.detail : "")
        }
      })
    )
  )

  it.effect(
    "a segment that is isolated and one that is not are different from each other",
    inNetns(
      Effect.fn(function* (netns) {
        const { apply, one } = yield* natIn(netns)
        const [open, isolated] = [segment, { ...segment, isolated: true }]
        yield* apply(addLayout, add(open))
        assert.deepInclude(yield* one(isolated), { _tag: "Different", owner })
        yield* apply(remove(open), add(isolated))
        assert.deepInclude(yield* one(open), { _tag: "Different", owner })
      })
    )
  )

  it.effect(
    "half of an element is different, partial, and not listed",
    inNetns(
      Effect.fn(function* (netns) {
        const { apply, one, observe } = yield* natIn(netns)
        const { deleteNatEntry } = yield* KernelFixture
        const range = publish({ hostAddress: "192.0.2.1", hostPort: 9000, count: 3, guestPort: 9000, mark: 6 })
        const parts: ReadonlyArray<readonly [NatElement, PlantedNatEntry]> = [
          [segment, { set: "segments", key: ["vmb1"] }],
          [guest, { set: "live", key: ["10.0.42.2", "5"] }],
          [range, { set: "publish", key: ["tcp", "192.0.2.1", "9001"] }]
        ]
        yield* apply(addLayout, ...parts.map(([element]) => add(element)))
        for (const [element, part] of parts) {
          assert.strictEqual((yield* one(element))._tag, "Present")
          yield* deleteNatEntry(netns, part)
          const finding = yield* one(element)
          assert.deepInclude(finding, { _tag: "Different", owner })
          if (element === range) assert.include("detail" in finding ? finding.detail : "", "partial")
        }
        const listed = (yield* observe).elements.map(({ element }) => natElementKey(element))
        for (const [element] of parts) assert.notInclude(listed, natElementKey(element))
      })
    )
  )

  it.effect(
    "an element of which somebody else made a part is different",
    inNetns(
      Effect.fn(function* (netns) {
        const { apply, one } = yield* natIn(netns)
        const { deleteNatEntry, plantNatEntry } = yield* KernelFixture
        yield* apply(addLayout, add(segment))
        const part: PlantedNatEntry = { set: "pairs", key: ["vmb1", "vmb1"], comment: "vmnet:ffffffff:vm1:1" }
        yield* deleteNatEntry(netns, part)
        yield* plantNatEntry(netns, part)
        assert.strictEqual((yield* one(segment))._tag, "Different")
      })
    )
  )

  it.effect(
    "an entry without a comment, or with anybody's, is found with exactly that as its owner",
    inNetns(
      Effect.fn(function* (netns) {
        const { apply, one, observe } = yield* natIn(netns)
        const { plantNatEntry } = yield* KernelFixture
        yield* apply(addLayout)
        yield* plantNatEntry(netns, { set: "masqueraded", key: ["eth9"] })
        assert.deepStrictEqual(yield* one({ _tag: "Masquerade", device: "eth9" }), { _tag: "Present", owner: "" })
        for (const [i, comment] of hostileComments.entries()) {
          yield* plantNatEntry(netns, { set: "masqueraded", key: [`other${i}`], comment })
          const finding = yield* one({ _tag: "Masquerade", device: `other${i}` })
          assert.deepStrictEqual(finding, { _tag: "Present", owner: comment })
        }
        const owners = (yield* observe).elements.map((listed) => listed.owner)
        assert.sameMembers([...owners], ["", ...hostileComments])
      })
    )
  )

  it.effect(
    "entries of others stand beside ours and are left alone",
    inNetns(
      Effect.fn(function* (netns) {
        const { apply, observe } = yield* natIn(netns)
        const { plantNatEntry } = yield* KernelFixture
        yield* apply(addLayout)
        yield* plantNatEntry(netns, { set: "masqueraded", key: ["eth9"], comment: owner })
        yield* apply(add({ _tag: "Masquerade", device: "vmb1" }))
        yield* apply({ _tag: "DeleteElement", element: { _tag: "Masquerade", device: "vmb1" } })
        assertElements((yield* observe).elements, [{ _tag: "Masquerade", device: "eth9" }])
      })
    )
  )
}
