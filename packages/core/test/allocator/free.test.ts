import { assert, describe, it } from "@effect/vitest"
import type { Tx } from "@vmnet/core"
import { Effect } from "effect"
import { DatabaseSync } from "node:sqlite"
import { findPosition, holdPosition, releaseAddresses } from "../../src/allocator/AddressAllocator.ts"
import { statementsOf } from "../../src/ledger/openDatabase.ts"
import { upgrades } from "../../src/ledger/schema.ts"
import { at } from "./support/at.ts"
import { freshLedger, inLedger } from "./support/memoryLedger.ts"

const last = 4_294_967_295

interface Run {
  readonly first: number
  readonly last: number
}

const runs = (tx: Tx): ReadonlyArray<Run> => tx.all("SELECT first, last FROM free WHERE network = 'web' ORDER BY last")

/** What is left of all positions without those. */
const without = (taken: ReadonlySet<number>): ReadonlyArray<Run> => {
  const ends = [-1, ...[...taken].toSorted((a, b) => a - b), last + 1]
  return ends
    .slice(1)
    .map((end, index): Run => ({ first: ends[index]! + 1, last: end - 1 }))
    .filter((run) => run.first <= run.last)
}

const hold = (tx: Tx, position: number): void => holdPosition(tx, "web", position, `${position}`, `vm${position}`)

/** Numbers that come in the same order each time (mulberry32). */
const numbers = (seed: number) => () => {
  seed = (seed + 0x6d2b79f5) | 0
  let mixed = Math.imul(seed ^ (seed >>> 15), 1 | seed)
  mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed
  return (mixed ^ (mixed >>> 14)) >>> 0
}

const find = (tx: Tx, start: number, size: number): number | undefined =>
  findPosition(tx, { network: "web", size }, { vm: "new", start, ...at(0) })

/** The first from `start` on that is not taken, around the end. */
const sought = (taken: ReadonlySet<number>, start: number, size: number): number | undefined =>
  Array.from({ length: size }, (_, step) => (start + step) % size).find((position) => !taken.has(position))

describe("free positions", () => {
  it.effect("are all but those taken, whatever is taken and given back, and the first of them is found", () =>
    inLedger((tx) => {
      const taken = new Set<number>()
      const next = numbers(7)
      for (let step = 0; step < 4_000; step++) {
        const position = next() % 24
        if (taken.delete(position)) releaseAddresses(tx, `vm${position}`, undefined)
        else hold(tx, (taken.add(position), position))
        assert.deepStrictEqual(runs(tx), without(taken), `step ${step}`)
        const [start, size] = [next() % 20, 20]
        assert.strictEqual(find(tx, start, size), sought(taken, start, size), `step ${step}`)
      }
    }).pipe(Effect.provide(freshLedger()))
  )

  it.effect("end where positions do", () =>
    inLedger((tx) => {
      hold(tx, last)
      assert.deepStrictEqual(runs(tx), without(new Set([last])))
      hold(tx, 0)
      releaseAddresses(tx, `vm${last}`, undefined)
      assert.deepStrictEqual(runs(tx), without(new Set([0])))
    }).pipe(Effect.provide(freshLedger()))
  )

  it.each([[[]], [[0, 1, 2]], [[3, 4, 9]], [[0, last]]])("are found in a ledger of an older format: %j", (held) => {
    using database = new DatabaseSync(":memory:")
    for (const upgrade of upgrades.slice(0, 5)) database.exec(upgrade)
    const tx = statementsOf(database)
    for (const position of held) hold(tx, position)
    for (const upgrade of upgrades.slice(5)) database.exec(upgrade)
    assert.deepStrictEqual(runs(tx), held.length === 0 ? [] : without(new Set(held)))
    hold(tx, 5)
    assert.deepStrictEqual(runs(tx), without(new Set([...held, 5])))
  })

  it.effect("are looked for by an index, wherever the search begins", () =>
    inLedger((tx) => {
      const searched: Array<string> = []
      const watching: Tx = { ...tx, get: (sql, ...values) => (searched.push(sql), tx.get(sql, ...values)) }
      find(watching, 3, 20)
      const plans = searched.flatMap((sql) => tx.all<{ detail: string }>(`EXPLAIN QUERY PLAN ${sql}`))
      const details = plans.map(({ detail }) => detail)
      assert.deepStrictEqual(
        details.filter((detail) => detail.startsWith("SCAN") && detail !== "SCAN CONSTANT ROW"),
        []
      )
      assert.isAbove(details.filter((detail) => detail.startsWith("SEARCH")).length, 2)
    }).pipe(Effect.provide(freshLedger()))
  )
})
