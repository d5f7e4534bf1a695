import { assert, describe, it } from "@effect/vitest"
import { type Tx, VmnetError } from "@vmnet/core"
import { Effect } from "effect"
import { addressFor, poolOf } from "../../src/allocator/addressFor.ts"
import { holdPosition } from "../../src/allocator/AddressAllocator.ts"
import { at } from "./support/at.ts"
import { freshLedger, inLedger } from "./support/memoryLedger.ts"
import { webRequest } from "./support/requests.ts"

const now = 1_000_000

/** Addresses for `count` VMs, one after the other; `vm1` is the first. */
const take = (tx: Tx, web: string, count: number): ReadonlyArray<string> =>
  Array.from({ length: count }, (_, index) => addressFor(tx, webRequest(`vm${index + 1}`, web), at(now)))

const refusalOf = (f: () => unknown): VmnetError => {
  try {
    f()
  } catch (error) {
    if (error instanceof VmnetError) return error
    throw error
  }
  throw new Error("it was not refused")
}

/** `10.0.42.` and each number from `first` to `last`, but for some. */
const hosts = (first: number, last: number, ...without: ReadonlyArray<number>): ReadonlyArray<string> =>
  Array.from({ length: last - first + 1 }, (_, index) => first + index)
    .filter((host) => !without.includes(host))
    .map((host) => `10.0.42.${host}`)

const numerically = (a: string, b: string): number => Number(a.split(".")[3]) - Number(b.split(".")[3])

const pools: ReadonlyArray<readonly [string, ReadonlyArray<string>]> = [
  ["subnet: 10.0.42.0/30", ["10.0.42.2"]],
  ["subnet: 10.0.42.4/30, gateway: 10.0.42.6", ["10.0.42.5"]],
  ["subnet: 10.0.42.8/29", hosts(10, 14)],
  ["subnet: 10.0.42.16/28, gateway: 10.0.42.30", hosts(17, 29)],
  ["subnet: 10.0.42.0/28, exclude: [10.0.42.4/30, 10.0.42.9]", hosts(2, 14, 4, 5, 6, 7, 9)],
  ["subnet: 10.0.42.0/24, exclude: [10.0.42.250]", hosts(2, 254, 250)],
  ["subnet: 10.0.42.128/25", hosts(130, 254)]
]

const refused = [
  { address: "10.0.42.127", reason: "is outside 10.0.42.128/25" },
  { address: "10.0.43.130", reason: "is outside 10.0.42.128/25" },
  { address: "10.0.42.200", reason: "is reserved in 10.0.42.128/25 (gateway)" },
  { address: "10.0.42.128", reason: "is reserved in 10.0.42.128/25 (network address)" },
  { address: "10.0.42.255", reason: "is reserved in 10.0.42.128/25 (broadcast address)" },
  { address: "10.0.42.247", reason: "is reserved in 10.0.42.128/25 (excluded)" }
]

const strategies = ["hash", "lowest"] as const
const cases = strategies.flatMap((addressing) =>
  pools.map(([web, expected]) => ({ addressing, expected, web: `${web}, addressing: ${addressing}` }))
)

describe("the addresses of a network", () => {
  it.effect.each(cases)("are exactly its pool ($web), and then it is exhausted", ({ expected, web }) =>
    Effect.gen(function* () {
      const taken = yield* inLedger((tx) => take(tx, web, expected.length))
      assert.deepStrictEqual(taken.toSorted(numerically), expected)
      const refusal = yield* inLedger((tx) => refusalOf(() => addressFor(tx, webRequest("late", web), at(now))))
      assert.deepStrictEqual([refusal.code, refusal.exitCode], ["ADDRESS_EXHAUSTED", 5])
      assert.include(refusal.message, "network web has no free address left in 10.0.42.")
    }).pipe(Effect.provide(freshLedger()))
  )

  it.effect.each(strategies)("of a /16 are all found, the last ones too (%s)", (addressing) =>
    Effect.gen(function* () {
      const web = `subnet: 10.9.0.0/16, addressing: ${addressing}, exclude: [10.9.128.0/24]`
      const free = ["10.9.0.2", "10.9.0.255", "10.9.1.0", "10.9.127.255", "10.9.129.0", "10.9.255.254"]
      const taken = yield* inLedger((tx) => {
        const pool = poolOf(webRequest("any", web).network)
        assert.strictEqual(pool.size, 65_536 - 3 - 256)
        const kept = new Set(free.map((address) => pool.indexOf(address)))
        for (let position = 0; position < pool.size; position++) {
          if (!kept.has(position)) holdPosition(tx, "web", position, pool.nth(position)!, `old${position}`)
        }
        const taken = take(tx, web, free.length)
        assert.strictEqual(refusalOf(() => addressFor(tx, webRequest("late", web), at(now))).code, "ADDRESS_EXHAUSTED")
        return taken
      })
      assert.deepStrictEqual(new Set(taken), new Set(free))
      if (addressing === "lowest") assert.deepStrictEqual(taken, free)
    }).pipe(Effect.provide(freshLedger()))
  )

  it.effect("come lowest first where the network says so, gaps before the rest", () =>
    Effect.gen(function* () {
      const web = "subnet: 10.0.42.0/24, addressing: lowest, cooldown: 0"
      const found = yield* inLedger((tx) => {
        const first = take(tx, web, 5)
        tx.run("DELETE FROM addresses WHERE vm IN ('vm2', 'vm4')")
        const next = ["a", "b", "c"].map((vm) => addressFor(tx, webRequest(vm, web), at(now)))
        return { first, next }
      })
      assert.deepStrictEqual(found.first, hosts(2, 6))
      assert.deepStrictEqual(found.next, ["10.0.42.3", "10.0.42.5", "10.0.42.7"])
    }).pipe(Effect.provide(freshLedger()))
  )

  it.effect("are the same for the same name in every ledger and every version: these", () =>
    Effect.gen(function* () {
      const web = "subnet: 10.0.42.0/24"
      const names = ["vm1", "vm2", "api", "a.b-c_d", "0", "x".repeat(63)]
      const alone = names.map((vm) =>
        inLedger((tx) => {
          tx.run("DELETE FROM addresses")
          return addressFor(tx, webRequest(vm, web), at(now))
        })
      )
      assert.deepStrictEqual(yield* Effect.all(alone), [
        "10.0.42.11",
        "10.0.42.250",
        "10.0.42.2",
        "10.0.42.163",
        "10.0.42.63",
        "10.0.42.240"
      ])
    }).pipe(Effect.provide(freshLedger()))
  )

  it.effect("of one network say nothing about another's", () =>
    Effect.gen(function* () {
      const addresses = yield* inLedger((tx) => {
        const request = webRequest("vm1", "subnet: 10.0.42.0/30")
        const other = { ...request, network: { ...request.network, network: "other" } }
        return [addressFor(tx, request, at(now)), addressFor(tx, other, at(now))]
      })
      assert.deepStrictEqual(addresses, ["10.0.42.2", "10.0.42.2"])
    }).pipe(Effect.provide(freshLedger()))
  )
})

describe("an address that is asked for", () => {
  const web = "subnet: 10.0.42.128/25, gateway: 10.0.42.200, exclude: [10.0.42.240/28]"
  const asking = (address: string) => ({ ...webRequest("vm1", web), address })

  it.effect("is had when it is free", () =>
    Effect.gen(function* () {
      assert.strictEqual(yield* inLedger((tx) => addressFor(tx, asking("10.0.42.129"), at(now))), "10.0.42.129")
      const holders = yield* inLedger((tx) => tx.all<{ address: string; vm: string }>("SELECT * FROM addresses"))
      assert.deepStrictEqual(
        holders.map(({ address, vm }) => [address, vm]),
        [["10.0.42.129", "vm1"]]
      )
    }).pipe(Effect.provide(freshLedger()))
  )

  it.effect.each(refused)("is bad input when it $reason", ({ address, reason }) =>
    Effect.gen(function* () {
      const error = yield* inLedger((tx) => refusalOf(() => addressFor(tx, asking(address), at(now))))
      assert.deepStrictEqual([error.code, error.exitCode], ["BAD_INPUT", 2])
      assert.strictEqual(error.message, `address ${address} asked for vm1 ${reason}`)
      assert.deepStrictEqual(yield* inLedger((tx) => tx.all("SELECT * FROM addresses")), [])
    }).pipe(Effect.provide(freshLedger()))
  )

  it.effect("is a conflict when another VM has it, and the message names that VM", () =>
    Effect.gen(function* () {
      const error = yield* inLedger((tx) => {
        addressFor(tx, { ...asking("10.0.42.129"), vm: "first" }, at(now))
        return refusalOf(() => addressFor(tx, asking("10.0.42.129"), at(now)))
      })
      assert.deepStrictEqual([error.code, error.exitCode], ["ADDRESS_IN_USE", 4])
      assert.strictEqual(error.message, "address 10.0.42.129 asked for vm1 is in use by first")
    }).pipe(Effect.provide(freshLedger()))
  )
})
