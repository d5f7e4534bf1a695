import { type ProcessId, Vmnet, type VmnetError } from "@vmnet/core"
import { Deferred, Effect, Fiber, Result } from "effect"
import type { Machine } from "./Machine.ts"
import type { Mishap, Verb } from "./Operation.ts"
import { networkSpec, publishSpec, requestOf } from "./requests.ts"

/** What came of a verb, in a word or a few: what it answered, the code of its refusal, or `died`. */
export type Answer = string

/** Answers in words that a model can predict. */
const answers = (
  vmnet: Vmnet["Service"],
  verb: Verb,
  owner: (number: number | undefined) => ProcessId | undefined
): Effect.Effect<Answer, VmnetError> => {
  switch (verb._tag) {
    case "Up":
      return Effect.map(vmnet.up(requestOf(verb, owner(verb.owner))), ({ existing }) =>
        existing ? "existing" : "made"
      )
    case "Down":
      return Effect.map(vmnet.down(verb.vm), ({ outcome }) => outcome)
    case "Show":
      return Effect.as(vmnet.show(verb.vm), "shown")
    case "Publish":
      return Effect.as(vmnet.publish(verb.vm, [publishSpec(verb.port)]), "changed")
    case "Unpublish":
      return Effect.as(vmnet.unpublish(verb.vm, [publishSpec(verb.port)]), "changed")
    case "List":
      return Effect.map(vmnet.list, (all) =>
        all
          .map(({ vm }) => vm)
          .toSorted()
          .join(" ")
      )
    case "Gc":
      return Effect.map(vmnet.gc({ dryRun: verb.dryRun }), ({ actions, problems }) => {
        const gone = actions.filter(({ action, kind }) => kind === "Lease" && action !== "skipped").map(({ vm }) => vm)
        const words = [verb.dryRun ? "would" : "did", ...gone.toSorted()].join(" ")
        return problems.length === 0 ? words : `${words}: ${problems.map(({ message }) => message).join("; ")}`
      })
    case "Warm":
      return Effect.as(vmnet.warm(networkSpec("taps")), "warmed")
    case "RemoveNetwork":
      return Effect.map(vmnet.removeNetwork(verb.network), ({ outcome }) => outcome)
  }
}

/** The error's words go with what nobody could have predicted. */
const inWords = (answer: Effect.Effect<Answer, VmnetError>): Effect.Effect<{ answer: Answer; detail: string }> =>
  Effect.map(Effect.result(answer), (result) =>
    Result.isFailure(result)
      ? { answer: result.failure.code, detail: result.failure.message }
      : { answer: result.success, detail: "" }
  )

/** Carries a verb out; one with a mishap that kills the process leaves the machine without one. */
export const perform = Effect.fnUntraced(function* (
  machine: Machine,
  verb: Verb,
  owner: (number: number | undefined) => ProcessId | undefined,
  mishap?: { readonly call: number; readonly mishap: Mishap }
) {
  const services = yield* machine.services
  const work = Effect.provideContext(
    Vmnet.use((vmnet) => inWords(answers(vmnet, verb, owner))),
    services
  )
  if (mishap === undefined) return { ...(yield* work), struck: false }
  const { gate } = machine
  gate.set(mishap.call, mishap.mishap)
  const fiber = yield* Effect.forkDetach(work)
  const died = Effect.as(Deferred.await(gate.crashed), { answer: "died", detail: "" })
  const ended = yield* Effect.raceFirst(Fiber.join(fiber), died)
  gate.clear()
  if (ended.answer === "died") {
    yield* machine.forget
    machine.kernel.host.restartSelf()
  }
  return { ...ended, struck: gate.struckNow }
})
