import { Effect, type Scope } from "effect"
import { setTimeout as sleep } from "node:timers/promises"
import { dice } from "../support/dice.ts"
import { bundled, Worker } from "./Crew.ts"
import type { Event, History, Kill, Step } from "./History.ts"

export interface StormOptions {
  readonly seed: number
  readonly scripts: ReadonlyArray<ReadonlyArray<Step>>
  /** How many processes are killed in the midst of their work. */
  readonly kills: number
}

/** One place among the processes: who is in it works through its script, and whoever follows one who was killed goes on. */
class Place {
  readonly events: Array<Event> = []
  readonly kills = new Map<string, Kill>()
  readonly #number: number
  readonly #script: ReadonlyArray<Step>
  readonly #program: string
  #worker: Worker | undefined = undefined
  #killing: Promise<Kill> | undefined = undefined
  #lives = 0

  constructor(number: number, script: ReadonlyArray<Step>, program: string) {
    this.#number = number
    this.#script = script
    this.#program = program
  }

  /** Until it is ready nobody can kill it. */
  async start(): Promise<void> {
    this.#worker = undefined
    this.#killing = undefined
    this.#worker = await Worker.start(`${this.#number}.${this.#lives++}`, this.#program)
  }

  /** Works until the script is at its end, however often the process is killed. */
  async work(): Promise<void> {
    for (let from = 0; from < this.#script.length; from = this.events.length) {
      const worker = this.#worker!
      const done = await worker.run({ steps: this.#script.slice(from) })
      const killed = await this.#killing
      if (killed !== undefined) this.kills.set(worker.name, killed)
      for (const event of done) this.events.push({ ...event, end: event.end ?? killed!.reaped })
      if (killed !== undefined) await this.start()
    }
  }

  kill(): void {
    this.#killing ??= this.#worker?.kill()
  }

  async end(): Promise<void> {
    await this.#worker?.kill()
  }
}

/** All at once, some of them killed on the way, and all that happened. The processes end with the scope. */
export const storm = ({ kills, scripts, seed }: StormOptions): Effect.Effect<History, never, Scope.Scope> =>
  Effect.gen(function* () {
    const program = yield* bundled
    const places = scripts.map((script, number) => new Place(number, script, program))
    yield* Effect.acquireRelease(
      Effect.promise(() => Promise.all(places.map((place) => place.start()))),
      () => Effect.promise(() => Promise.all(places.map((place) => place.end())))
    )
    const roll = dice(seed + 1)
    const work = Promise.all(places.map((place) => place.work()))
    yield* Effect.promise(async () => {
      for (let killed = 0; killed < kills; killed++) {
        await Promise.race([sleep(400 + roll.upTo(1200)), work])
        roll.pick(places).kill()
      }
      await work
    })
    return {
      events: places.flatMap(({ events }) => events).toSorted((a, b) => a.start - b.start),
      kills: new Map(places.flatMap(({ kills: ofPlace }) => Array.from(ofPlace)))
    }
  })
