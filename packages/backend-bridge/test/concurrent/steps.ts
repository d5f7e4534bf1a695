import { type AttachRequest, parsePublish, type PublishSpec, Vmnet, type VmnetError } from "@vmnet/core"
import { Effect, Exit, Fiber, Result } from "effect"
import { request } from "../support/memoryHost.ts"

/** A small network, so that it is exhausted now and then, and a larger one. */
const config = `networks:
  web: { subnet: 10.0.42.0/29, cooldown: 1 }
  db:  { subnet: 10.0.43.0/24 }
`

/** One thing one fiber does; all plain data, so that a run can be told and repeated. */
export type Step =
  | { readonly _tag: "Up"; readonly vm: string; readonly network: string; readonly publish: ReadonlyArray<string> }
  | { readonly _tag: "Down"; readonly vm: string }
  | { readonly _tag: "Publish" | "Unpublish"; readonly vm: string; readonly publish: ReadonlyArray<string> }
  | { readonly _tag: "Interrupted"; readonly step: Step; readonly turns: number }

/** Numbers in [0, 1) from a seed, the same on every machine (mulberry32). */
export const dice = (seed: number): (() => number) => {
  let state = seed
  return () => {
    state = (state + 0x6d2b79f5) | 0
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state)
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296
  }
}

/** How many VMs the fibers quarrel over. With few of them a network is often without any, and has to come and go. */
export interface Crowd {
  readonly web: number
  readonly db: number
}

export const anyStep = (roll: () => number, { web, db }: Crowd): Step => {
  const upTo = (count: number): number => Math.floor(roll() * count)
  const number = upTo(web + db)
  const vm = `vm${number}`
  const network = number < web ? "web" : "db"
  const publish = [`${8000 + upTo(6)}:80`]
  const kind = upTo(12)
  if (kind < 4) return { _tag: "Up", vm, network, publish: upTo(2) === 0 ? [] : publish }
  if (kind < 7) return { _tag: "Down", vm }
  if (kind < 9) return { _tag: "Publish", vm, publish }
  if (kind < 11) return { _tag: "Unpublish", vm, publish }
  return { _tag: "Interrupted", step: { _tag: "Up", vm, network, publish }, turns: upTo(40) }
}

export const vmOf = (step: Step): string => (step._tag === "Interrupted" ? vmOf(step.step) : step.vm)

const specs = (texts: ReadonlyArray<string>): ReadonlyArray<PublishSpec> =>
  texts.map((text) => Result.getOrThrow(parsePublish(text)))

const asked = ({ vm, network, publish }: Step & { readonly _tag: "Up" }): AttachRequest =>
  request(vm, { network, publish }, config)

const verb = (vmnet: Vmnet["Service"], step: Step): Effect.Effect<unknown, VmnetError> => {
  switch (step._tag) {
    case "Up":
      return vmnet.up(asked(step))
    case "Down":
      return vmnet.down(step.vm)
    case "Publish":
      return vmnet.publish(step.vm, specs(step.publish))
    case "Unpublish":
      return vmnet.unpublish(step.vm, specs(step.publish))
    case "Interrupted":
      return interrupted(verb(vmnet, step.step), step.turns)
  }
}

/** Begins it, and takes it back after some turns of the scheduler, unless it has ended by then. */
const interrupted = <A>(self: Effect.Effect<A, VmnetError>, turns: number): Effect.Effect<void, VmnetError> =>
  Effect.gen(function* () {
    const fiber = yield* Effect.forkChild(self)
    for (let turn = 0; turn < turns; turn++) yield* Effect.yieldNow
    yield* Fiber.interrupt(fiber)
    const exit = yield* Fiber.await(fiber)
    if (Exit.isFailure(exit) && !Exit.hasInterrupts(exit)) yield* exit
  })

/** What came of it, in a word: `ok`, or the code of the refusal. */
export const outcome = (step: Step): Effect.Effect<string, never, Vmnet> =>
  Vmnet.use((vmnet) =>
    Effect.map(Effect.result(verb(vmnet, step)), (result) => (Result.isFailure(result) ? result.failure.code : "ok"))
  )
