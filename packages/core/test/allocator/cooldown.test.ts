import { assert, describe, it } from "@effect/vitest"
import type { Tx } from "@vmnet/core"
import { Effect } from "effect"
import { addressFor } from "../../src/allocator/addressFor.ts"
import { heldCount, releaseAddresses } from "../../src/allocator/AddressAllocator.ts"
import { freshLedger, inLedger } from "./support/memoryLedger.ts"
import { webRequest } from "./support/requests.ts"

const web = "subnet: 10.0.42.0/29, addressing: lowest"
const take = (tx: Tx, vm: string, now: number): string => addressFor(tx, webRequest(vm, web), now)

describe("an address that cools down", () => {
  it.effect("is nobody else's while another is free, and its own VM's at once", () =>
    Effect.gen(function* () {
      const found = yield* inLedger((tx) => {
        take(tx, "a", 0)
        releaseAddresses(tx, "a", 60_000)
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
        releaseAddresses(tx, "a", 60_000)
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
          releaseAddresses(tx, vm, until)
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
        releaseAddresses(tx, "a", 60_000)
        const asked = addressFor(tx, { ...webRequest("b", web), address: "10.0.42.2" }, 1)
        return { asked, other: take(tx, "a", 1) }
      })
      assert.deepStrictEqual(found, { asked: "10.0.42.2", other: "10.0.42.3" })
    }).pipe(Effect.provide(freshLedger()))
  )
})
