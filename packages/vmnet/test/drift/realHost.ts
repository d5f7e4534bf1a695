import { assert } from "@effect/vitest"
import { type Place, PrivateHost } from "@vmnet/testkit"
import { Effect, Layer } from "effect"
import { createVmnet, type RepairAction, type Vmnet, type VmnetOptions } from "vmnet"

/** A host of its own for the work of one test. */
export const onPrivateHost = <A, E>(work: Effect.Effect<A, E, PrivateHost>) =>
  Effect.provide(work, Layer.orDie(PrivateHost.layer()))

/** Runs a program, given as words; it has to succeed. */
export const sh = Effect.fn("sh")(function* (line: string, place: Place = "host") {
  const { exitCode, stderr, stdout } = yield* (yield* PrivateHost).run(place, line.split(" "))
  assert.strictEqual(exitCode, 0, `${line}: ${stderr}`)
  return stdout
})

export const vmnetOf = (options: VmnetOptions = {}) =>
  Effect.acquireRelease(
    Effect.sync(() => createVmnet({ config: {}, ...options })),
    (vmnet) => Effect.promise(() => vmnet.close())
  )

export const installOf = (vmnet: Vmnet) =>
  Effect.map(
    Effect.promise(() => vmnet.status()),
    ({ install }) => install
  )

export const repair = (vmnet: Vmnet) =>
  Effect.map(
    Effect.promise(() => vmnet.repair()),
    ({ actions }) => actions
  )

export const drift = (vmnet: Vmnet) =>
  Effect.map(
    Effect.promise(() => vmnet.check()),
    (found) => found.drift
  )

export const left = (actions: ReadonlyArray<RepairAction>) => actions.filter(({ action }) => action === "left")
