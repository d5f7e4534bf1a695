import { assert, describe, it } from "@effect/vitest"
import type { Tx, VmnetError } from "@vmnet/core"
import { Effect } from "effect"
import { type AddressOptions, addressFor } from "../../src/allocator/addressFor.ts"
import { heldCount, releaseAddresses } from "../../src/allocator/AddressAllocator.ts"
import { at, processOf } from "./support/at.ts"
import { freshLedger, inLedger } from "./support/memoryLedger.ts"
import { webRequest } from "./support/requests.ts"

const web = "subnet: 10.0.42.0/29, addressing: lowest"
const take = (tx: Tx, vm: string, now: number): string => addressFor(tx, webRequest(vm, web), at(now))

describe("an address that cools down", () => {
  it.effect("is nobody else's while another is free, and its own VM's at once", () =>
    Effect.gen(function* () {
      const found = yield* inLedger((tx) => {
        take(tx, "a", 0)
        releaseAddresses(tx, "a", { until: 60_000 })
        const others = ["b", "c"].map((vm) => take(tx, vm, 59_999))
        return { others, again: take(tx, "a", 59_999), held: heldCount(tx, "web") }
      })
      assert.deepStrictEqual(found, { others: ["10.0.42.3", "10.0.42.4"], again: "10.0.42.2", held: 3 })
    }).pipe(Effect.provide(freshLedger()))
  )

  it.effect("is anybody's when its time is up, to the millisecond", () =>
    Effect.gen(function* () {
      const found = yield* inLedger((tx) => {
        take(tx, "a", 0)
        releaseAddresses(tx, "a", { until: 60_000 })
        return [take(tx, "b", 59_999), take(tx, "c", 60_000)]
      })
      assert.deepStrictEqual(found, ["10.0.42.3", "10.0.42.2"])
    }).pipe(Effect.provide(freshLedger()))
  )

  it.effect("is the last resort of an exhausted pool, the one released longest ago first", () =>
    Effect.gen(function* () {
      const found = yield* inLedger((tx) => {
        for (const vm of ["a", "b", "c", "d", "e"]) take(tx, vm, 0)
        for (const [vm, until] of [
          ["d", 70_000],
          ["b", 50_000],
          ["e", 60_000]
        ] as const) {
          releaseAddresses(tx, vm, { until })
        }
        return { taken: ["x", "y", "z"].map((vm) => take(tx, vm, 1)), held: heldCount(tx, "web") }
      })
      assert.deepStrictEqual(found, { taken: ["10.0.42.3", "10.0.42.6", "10.0.42.5"], held: 5 })
    }).pipe(Effect.provide(freshLedger()))
  )

  it.effect("is free at once where the release says so", () =>
    Effect.gen(function* () {
      const found = yield* inLedger((tx) => {
        take(tx, "a", 0)
        releaseAddresses(tx, "a", undefined)
        return take(tx, "b", 0)
      })
      assert.strictEqual(found, "10.0.42.2")
    }).pipe(Effect.provide(freshLedger()))
  )

  it.effect("can be had by asking for it, whoever had it before", () =>
    Effect.gen(function* () {
      const found = yield* inLedger((tx) => {
        take(tx, "a", 0)
        releaseAddresses(tx, "a", { until: 60_000 })
        const asked = addressFor(tx, { ...webRequest("b", web), address: "10.0.42.2" }, at(1))
        return { asked, other: take(tx, "a", 1) }
      })
      assert.deepStrictEqual(found, { asked: "10.0.42.2", other: "10.0.42.3" })
    }).pipe(Effect.provide(freshLedger()))
  )
})

const owned = (until: number, pid: number) => ({ until, owner: processOf(pid) })

const refusalOf = (f: () => unknown): VmnetError => {
  try {
    f()
  } catch (error) {
    return error as VmnetError
  }
  throw new Error("nothing was refused")
}

describe("an address whose old owner still runs", () => {
  const takeAt = (tx: Tx, vm: string, when: AddressOptions): string => addressFor(tx, webRequest(vm, web), when)

  it.effect("is nobody else's however long after its cooldown, and its own VM's at once", () =>
    Effect.gen(function* () {
      const found = yield* inLedger((tx) => {
        take(tx, "a", 0)
        releaseAddresses(tx, "a", owned(60_000, 7))
        const later = 1_000_000_000
        return [takeAt(tx, "b", at(later, [7])), takeAt(tx, "c", at(2 * later, [7])), takeAt(tx, "a", at(later, [7]))]
      })
      assert.deepStrictEqual(found, ["10.0.42.3", "10.0.42.4", "10.0.42.2"])
    }).pipe(Effect.provide(freshLedger()))
  )

  it.effect("is anybody's when he has ended and its cooldown is over, not before", () =>
    Effect.gen(function* () {
      const found = yield* inLedger((tx) => {
        take(tx, "a", 0)
        releaseAddresses(tx, "a", owned(60_000, 7))
        return [takeAt(tx, "b", at(59_999)), takeAt(tx, "c", at(60_000))]
      })
      assert.deepStrictEqual(found, ["10.0.42.3", "10.0.42.2"])
    }).pipe(Effect.provide(freshLedger()))
  )

  it.effect("is not the last resort of an exhausted pool either, and the refusal says who runs", () =>
    Effect.gen(function* () {
      const { after, refusal } = yield* inLedger((tx) => {
        for (const vm of ["a", "b", "c", "d", "e"]) take(tx, vm, 0)
        releaseAddresses(tx, "a", owned(10_000, 7))
        releaseAddresses(tx, "b", owned(20_000, 8))
        const refusal = refusalOf(() => takeAt(tx, "x", at(90_000, [7, 8])))
        return { refusal, after: takeAt(tx, "x", at(90_000, [7])) }
      })
      assert.strictEqual(refusal.code, "ADDRESS_EXHAUSTED")
      assert.include(refusal.message, "process 7 of a, process 8 of b")
      assert.deepStrictEqual(refusal.details?.["running"], [
        { vm: "a", pid: 7 },
        { vm: "b", pid: 8 }
      ])
      assert.strictEqual(after, "10.0.42.3")
    }).pipe(Effect.provide(freshLedger()))
  )

  it.effect("cannot be had by asking for it, but by its own VM", () =>
    Effect.gen(function* () {
      const asking = (vm: string) => ({ ...webRequest(vm, web), address: "10.0.42.2" })
      const found = yield* inLedger((tx) => {
        take(tx, "a", 0)
        releaseAddresses(tx, "a", owned(0, 7))
        const { code, details } = refusalOf(() => addressFor(tx, asking("b"), at(1, [7])))
        return { code, pid: details?.["pid"], own: addressFor(tx, asking("a"), at(1, [7])) }
      })
      assert.deepStrictEqual(found, { code: "ADDRESS_IN_USE", pid: 7, own: "10.0.42.2" })
    }).pipe(Effect.provide(freshLedger()))
  )

  it.effect("is not asked about at every attach: a few owners at a time, however many there are", () =>
    Effect.gen(function* () {
      const many = "subnet: 10.0.40.0/22, addressing: lowest"
      const asked = yield* inLedger((tx) => {
        const count = 500
        for (let index = 0; index < count; index++) {
          addressFor(tx, webRequest(`vm${index}`, many), at(0))
          releaseAddresses(tx, `vm${index}`, owned(0, index + 1))
        }
        let asked = 0
        const alive = () => ++asked > 0
        for (let index = 0; index < 10; index++) addressFor(tx, webRequest(`new${index}`, many), { now: 1, alive })
        return asked
      })
      assert.isAtMost(asked, 40)
    }).pipe(Effect.provide(freshLedger()))
  )
})
