import { assert } from "@effect/vitest"
import { HostSnapshot, PrivateHost } from "@vmnet/testkit"
import { Effect } from "effect"
import { checkHistory } from "./checkHistory.ts"
import { bundled, crew, monotonic, Worker } from "./Crew.ts"
import { allGone, assertUnchanged, openRecord } from "./end.ts"
import type { Event, Kill, Step } from "./History.ts"
import { sizes } from "./networks.ts"

/** How often both have to have been at it at the same time, and how often it is tried at most. */
export const [hits, attempts] = [6, 30] as const

/** How much later the second of the two begins at most, in milliseconds: it meets the first at every point of its way. */
const spread = 40

/** Two processes that are let go at the same moment, and all that came of it. */
export class Duel {
  readonly events: Array<Event> = []
  readonly kills = new Map<string, Kill>()
  /** How often the two were at work at the same time. */
  hits = 0
  rounds = 0
  readonly #pair: readonly [Worker, Worker]
  readonly #program: string
  #thirds = 0

  constructor(program: string, pair: readonly [Worker, Worker]) {
    this.#program = program
    this.#pair = pair
  }

  /** One after the other. */
  async calmly(...steps: ReadonlyArray<Step>): Promise<void> {
    this.#record(await this.#pair[0].run({ steps }))
  }

  /** Both at once, the second a little later each time; true when they have met. */
  async meet(left: Step, right: Step): Promise<boolean> {
    const at = monotonic() + 10
    const delay = (spread * (this.rounds++ % 20)) / 20
    const [one, other] = this.#pair
    const orders = [one.run({ steps: [left], at }), other.run({ steps: [right], at: at + delay })]
    const [[a], [b]] = (await Promise.all(orders)) as [[Event], [Event]]
    this.#record([a, b])
    const isMet = a.start < b.end && b.start < a.end
    if (isMet) this.hits++
    return isMet
  }

  /** A process that does this and is killed: what it owned is nobody's then. */
  async killedAfter(...steps: ReadonlyArray<Step>): Promise<void> {
    const worker = await Worker.start(`third.${this.#thirds++}`, this.#program)
    this.#record(await worker.run({ steps }))
    this.kills.set(worker.name, await worker.kill())
  }

  #record(events: ReadonlyArray<Omit<Event, "end"> & { readonly end?: number }>): void {
    for (const event of events) this.events.push(event as Event)
  }
}

/** Rounds of a duel until both have met often enough; then its history has an order, and the host is what it was. */
export const duel = (round: (duel: Duel, number: number) => Promise<void>, rounds = attempts) =>
  Effect.gen(function* () {
    yield* PrivateHost
    yield* openRecord
    const before = yield* HostSnapshot.take()
    const fought = yield* Effect.scoped(
      Effect.gen(function* () {
        const program = yield* bundled
        const [left, right] = yield* crew(program, ["left.0", "right.0"])
        const one = new Duel(program, [left!, right!])
        for (let number = 0; number < rounds && one.hits < hits; number++) {
          yield* Effect.promise(() => round(one, number))
        }
        return one
      })
    )
    const complaints = checkHistory(fought, sizes)
    assert.deepStrictEqual(complaints, [], complaints.join("\n"))
    assert.isAtLeast(fought.hits, hits)
    yield* allGone("after the duel")
    yield* assertUnchanged(before, "after the duel")
    return fought
  })
