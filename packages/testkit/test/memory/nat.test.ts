import { assert, it } from "@effect/vitest"
import { type NatElement, NatOps, hostNetns } from "@vmnet/core"
import { MemoryKernel } from "@vmnet/testkit"
import { Effect } from "effect"

const setup = Effect.gen(function* () {
  const kernel = MemoryKernel.make()
  const nat = yield* Effect.provide(NatOps, kernel.layer)
  yield* nat.apply(hostNetns, [{ _tag: "AddLayout" }])
  const add = (element: NatElement) => nat.apply(hostNetns, [{ _tag: "AddElement", element, owner: "o" }])
  const elements = Effect.map(nat.snapshot(hostNetns), (snapshot) => snapshot.elements.map(({ element }) => element))
  return { kernel, nat, add, elements }
})

const egress = (destination: string, first: number, last: number): NatElement => ({
  _tag: "Egress",
  address: "10.0.0.2",
  destination,
  protocol: "tcp",
  ports: [first, last]
})

it.effect("destinations that overlap are refused as existing, whichever is the wider", () =>
  Effect.gen(function* () {
    const { add } = yield* setup
    yield* add(egress("203.0.113.0/24", 400, 500))
    for (const overlapping of [
      egress("203.0.113.0/25", 400, 400),
      egress("203.0.113.0/24", 300, 450),
      egress("203.0.113.128/25", 450, 600),
      egress("203.0.112.0/20", 1, 65_535)
    ]) {
      assert.strictEqual((yield* Effect.flip(add(overlapping))).reason, "Exists")
    }
    yield* add(egress("203.0.113.0/24", 501, 600))
    yield* add(egress("203.0.112.0/24", 400, 500))
  })
)

it.effect("what is left of a range when others deleted a port of it is two ranges", () =>
  Effect.gen(function* () {
    const { kernel, add, elements } = yield* setup
    const base = { _tag: "Publish", protocol: "tcp", hostAddress: null, guestAddress: "10.0.0.2", mark: 1 } as const
    yield* add({ ...base, hostPort: 9000, guestPort: 80, count: 5 })
    kernel.foreign.deleteNatEntry(hostNetns, { set: "publish_any", key: ["tcp", "9002"] })
    assert.deepStrictEqual(yield* elements, [
      { ...base, hostPort: 9000, guestPort: 80, count: 2 },
      { ...base, hostPort: 9003, guestPort: 83, count: 2 }
    ])
  })
)

it.effect("entries that no element of ours can be are not listed as one, and do not hide either", () =>
  Effect.gen(function* () {
    const { kernel, elements } = yield* setup
    const address = "167772162-167772162"
    kernel.foreign.natEntry(hostNetns, { set: "egress", key: [address, "0-1", "0-255", "1-1"] })
    kernel.foreign.natEntry(hostNetns, { set: "guests", key: ["b", "10.0.0.9"], value: "accept" })
    kernel.foreign.natEntry(hostNetns, { set: "live", key: ["10.0.0.9", "9"] })
    assert.deepStrictEqual(yield* elements, [])
    assert.deepStrictEqual(kernel.snapshot()["host"]!.natEntries, [
      { set: "egress", key: [address, "0-1", "0-255", "1-1"], value: null, comment: "" },
      { set: "guests", key: ["b", "10.0.0.9"], value: "accept", comment: "" },
      { set: "live", key: ["10.0.0.9", "9"], value: null, comment: "" }
    ])
  })
)

it.effect("an owner of 128 bytes is kept, a longer one is refused", () =>
  Effect.gen(function* () {
    const { nat } = yield* setup
    const element: NatElement = { _tag: "Segment", device: "b", isolated: false }
    const add = (owner: string) => nat.apply(hostNetns, [{ _tag: "AddElement", element, owner }])
    assert.strictEqual((yield* Effect.flip(add("x".repeat(129)))).reason, "Invalid")
    yield* add("x".repeat(128))
  })
)
