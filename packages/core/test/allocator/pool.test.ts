import { assert, it } from "@effect/vitest"
import type { Tx } from "@vmnet/core"
import { Arbitrary, Effect, Schema } from "effect"
import { findPosition, holdPosition, releaseAddresses } from "../../src/allocator/AddressAllocator.ts"
import { at } from "./support/at.ts"
import { freshLedger, inLedger } from "./support/memoryLedger.ts"

const size = 4

const small = (maximum: number) => Arbitrary.schema(Schema.Int.check(Schema.isBetween({ minimum: 0, maximum })))

/** A VM takes or gives back; a second passes before it or not. */
const step = Arbitrary.map(
  Arbitrary.all([small(8), small(2), small(size - 1), small(3)]),
  ([vm, take, start, seconds]) => ({ vm: `vm${vm}`, take: take !== 0, start, seconds })
)

interface Model {
  readonly held: Map<string, number>
  /** By position: whose it was, and until when it cools down. */
  readonly cooling: Map<number, { readonly vm: string; readonly until: number }>
}

const cooldown = 5_000

/** What may be given out now, straight from the words of the documentation. */
const allowed = ({ held, cooling }: Model, vm: string): ReadonlyArray<number> => {
  const own = [...cooling].filter(([, entry]) => entry.vm === vm).map(([position]) => position)
  if (own.length > 0) return own
  const taken = new Set(held.values())
  const rest = Array.from({ length: size }, (_, position) => position).filter((position) => !taken.has(position))
  const fresh = rest.filter((position) => !cooling.has(position))
  if (fresh.length > 0) return fresh
  const oldest = Math.min(...[...cooling.values()].map(({ until }) => until))
  return rest.filter((position) => cooling.get(position)?.until === oldest)
}

const takeStep = (tx: Tx, model: Model, vm: string, start: number, now: number): void => {
  for (const [position, { until }] of model.cooling) if (until <= now) model.cooling.delete(position)
  const may = allowed(model, vm)
  const position = findPosition(tx, { network: "web", size }, { vm, start, ...at(now) })
  if (may.length === 0) return assert.isUndefined(position)
  assert.include(may, position!)
  holdPosition(tx, "web", position!, `10.0.42.${position! + 2}`, vm)
  model.cooling.delete(position!)
  model.held.set(vm, position!)
}

const giveStep = (tx: Tx, model: Model, vm: string, now: number): void => {
  releaseAddresses(tx, vm, { until: now + cooldown })
  model.cooling.set(model.held.get(vm)!, { vm, until: now + cooldown })
  model.held.delete(vm)
}

it.effect.prop(
  "whoever takes and gives back what, nobody gets what another has, and whoever can have something gets it",
  [Arbitrary.array(step, { minLength: 10, maxLength: 60 })],
  ([steps]) =>
    inLedger((tx) => {
      tx.run("DELETE FROM addresses")
      const model: Model = { held: new Map(), cooling: new Map() }
      let now = 0
      for (const { vm, take, start, seconds } of steps) {
        now += seconds * 1000
        if (take && !model.held.has(vm)) takeStep(tx, model, vm, start, now)
        else if (!take && model.held.has(vm)) giveStep(tx, model, vm, now)
        assert.strictEqual(new Set(model.held.values()).size, model.held.size)
      }
    }).pipe(Effect.provide(freshLedger())),
  { arbitrary: { runs: 100 } }
)
