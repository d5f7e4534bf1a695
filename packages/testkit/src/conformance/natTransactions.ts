import { assert } from "@effect/vitest"
import { type NatChange, type NatElement, NatOps } from "@vmnet/core"
import { Effect, Result } from "effect"
import { refused } from "./expectations.ts"
import { inNetns } from "./inNetns.ts"
import { everyElement, guest, otherOwner, owner, publish } from "./natElements.ts"
import { type NatTests, add, addLayout, assertElements, natIn, remove } from "./natIn.ts"

const present = everyElement.slice(0, 3)
const ten = everyElement.slice(3, 12).map((element) => add(element))

/** Changes no firewall takes, with the reason each is refused for. */
const bad = {
  Exists: add(present[0]!),
  Missing: remove(publish({ hostPort: 9999 })),
  Invalid: add(publish({ hostPort: 65_535, count: 2, mark: 99 }))
} as const satisfies Record<string, NatChange>

/** Everything or nothing, and never twice. */
export const natTransactions = (it: NatTests): void => {
  for (const [reason, change] of Object.entries(bad) as ReadonlyArray<[keyof typeof bad, NatChange]>) {
    for (const at of [0, 4, 9]) {
      it.effect(
        `of ten changes whose number ${at + 1} is refused as ${reason} none is applied`,
        inNetns(
          Effect.fn(function* (netns) {
            const { apply, observe } = yield* natIn(netns)
            yield* apply(addLayout, ...present.map((element) => add(element)))
            const before = yield* observe
            const error = yield* refused(apply(...ten.slice(0, at), change, ...ten.slice(at)), reason)
            assert.strictEqual(error.family, "nat")
            if (error.index !== undefined) assert.strictEqual(error.index, at, error.message)
            assert.deepStrictEqual(yield* observe, before)
            yield* apply(...ten)
          })
        )
      )
    }
  }

  it.effect(
    "a transaction may replace an element, and the new owner is found",
    inNetns(
      Effect.fn(function* (netns) {
        const { apply, one, observe } = yield* natIn(netns)
        yield* apply(addLayout, ...everyElement.map((element) => add(element)))
        for (const element of everyElement) {
          yield* apply(remove(element), add(element, otherOwner))
          assert.deepStrictEqual(yield* one(element), { _tag: "Present", owner: otherOwner })
        }
        assertElements((yield* observe).elements, everyElement, otherOwner)
        yield* apply(remove(everyElement[3]!), add(guest({ mark: 77, egress: "none" })))
        assert.deepStrictEqual(yield* one(guest({ mark: 77, egress: "none" })), { _tag: "Present", owner })
      })
    )
  )

  it.effect(
    "a replacement in a transaction that is refused leaves the element as it was",
    inNetns(
      Effect.fn(function* (netns) {
        const { apply, observe } = yield* natIn(netns)
        yield* apply(addLayout, ...everyElement.map((element) => add(element)))
        for (const element of everyElement) {
          yield* refused(apply(remove(element), add(element, otherOwner), bad.Missing), "Missing")
        }
        assertElements((yield* observe).elements, everyElement)
      })
    )
  )

  it.effect(
    "adding an element twice, or deleting it twice, in one transaction is refused whole",
    inNetns(
      Effect.fn(function* (netns) {
        const { apply, observe } = yield* natIn(netns)
        yield* apply(addLayout)
        for (const element of everyElement) yield* refused(apply(add(element), add(element, otherOwner)), "Exists")
        assert.deepStrictEqual((yield* observe).elements, [])
        yield* apply(...everyElement.map((element) => add(element)))
        for (const element of everyElement) yield* refused(apply(remove(element), remove(element)), "Missing")
        assertElements((yield* observe).elements, everyElement)
      })
    )
  )

  it.effect(
    "an empty transaction does nothing",
    inNetns(
      Effect.fn(function* (netns) {
        const { apply, observe } = yield* natIn(netns)
        yield* apply()
        assert.deepStrictEqual(yield* observe, { layout: "absent", elements: [] })
      })
    )
  )

  it.effect(
    "what takes the same address, port or mark as another is refused as existing",
    inNetns(
      Effect.fn(function* (netns) {
        const { apply, observe } = yield* natIn(netns)
        const binding: NatElement = { _tag: "Binding", port: "vmt1", mac: "02:00:00:00:0a:01", address: "10.0.42.2" }
        yield* apply(addLayout, add(guest()), add(binding), add(publish({})))
        const before = yield* observe
        const rivals = [
          guest({ device: "vmb2", mark: 2 }),
          guest({ egress: "none", mark: 2 }),
          { ...binding, address: "10.0.42.3" },
          { ...binding, mac: "02:00:00:00:0a:02" },
          publish({ guestAddress: "10.0.42.9", mark: 2 }),
          publish({ hostPort: 8000, count: 100, mark: 2 }),
          publish({ hostPort: 9000, mark: 11 })
        ]
        for (const rival of rivals) yield* refused(apply(add(rival)), "Exists")
        assert.deepStrictEqual(yield* observe, before)
      })
    )
  )

  it.effect(
    "a narrower destination or port range is not the wider one: deleting it is refused, the wider stays",
    inNetns(
      Effect.fn(function* (netns) {
        const { apply, one, observe } = yield* natIn(netns)
        const any: NatElement = { _tag: "Egress", address: "10.0.42.3", destination: "203.0.113.0/24" }
        const ports: NatElement = { ...any, protocol: "tcp", ports: [400, 500] }
        yield* apply(addLayout, add(any), add(ports))
        const narrower: ReadonlyArray<NatElement> = [
          { ...any, destination: "203.0.113.0/25" },
          { ...any, destination: "203.0.113.0/32" },
          { ...ports, destination: "203.0.113.0/25" },
          { ...ports, ports: [400, 400] },
          { ...ports, ports: [400, 499] }
        ]
        for (const element of narrower) {
          assert.notStrictEqual((yield* one(element))._tag, "Present", "a part is not the whole")
          yield* refused(apply(remove(element)), "Missing")
        }
        assertElements((yield* observe).elements, [any, ports])
      })
    )
  )

  it.effect(
    "values no firewall can hold are refused as invalid",
    inNetns(
      Effect.fn(function* (netns) {
        const { apply, observe } = yield* natIn(netns)
        yield* apply(addLayout)
        const impossible: ReadonlyArray<NatElement> = [
          { _tag: "Segment", device: "sixteen-letters-", isolated: false },
          { _tag: "Segment", device: "", isolated: false },
          guest({ address: "10.0.42.256" }),
          guest({ address: "10.0.42.2/32" }),
          guest({ mark: 2 ** 32 }),
          guest({ mark: 0 }),
          { _tag: "Egress", address: "10.0.42.2", destination: "10.0.0.1/24" },
          { _tag: "Egress", address: "10.0.42.2", destination: "10.0.0.0/24", ports: [443, 443] },
          { _tag: "Egress", address: "10.0.42.2", destination: "10.0.0.0/24", protocol: "tcp", ports: [500, 400] },
          { _tag: "Binding", port: "vmt1", mac: "02:00:00:00:0a", address: "10.0.42.2" },
          publish({ hostPort: 0 }),
          publish({ guestPort: 65_536 }),
          publish({ guestPort: 65_535, count: 2 }),
          publish({ count: 0 })
        ]
        for (const element of impossible) yield* refused(apply(add(element)), "Invalid")
        assert.deepStrictEqual((yield* observe).elements, [])
      })
    )
  )

  it.effect(
    "of ten that add the same element at once exactly one succeeds",
    inNetns(
      Effect.fn(function* (netns) {
        const nat = yield* NatOps
        yield* nat.apply(netns, [addLayout])
        const attempt = Effect.result(nat.apply(netns, [add(guest())]))
        const results = yield* Effect.all(
          Array.from({ length: 10 }, () => attempt),
          { concurrency: "unbounded" }
        )
        assert.strictEqual(results.filter(Result.isSuccess).length, 1)
        for (const lost of results.filter(Result.isFailure)) assert.strictEqual(lost.failure.reason, "Exists")
      })
    )
  )
}
