import { assert, describe, it } from "@effect/vitest"
import { Vmnet } from "@vmnet/core"
import { type Call, recordCalls } from "@vmnet/testkit"
import { Effect } from "effect"
import { layerFaultyInstall, world } from "../support/world.ts"
import { fleet, names, outcome } from "./support.ts"

const count = (calls: ReadonlyArray<Call>, pattern: RegExp): number =>
  calls.filter(({ words }) => pattern.test(words)).length

/** The calls of an `up` and a `down` of so many VMs at once. */
const callsOf = (backend: string, size: number) =>
  Effect.scoped(
    Effect.gen(function* () {
      const made = yield* world
      const requests = fleet(size, { backend })
      const run = (verb: (vmnet: Vmnet["Service"]) => Effect.Effect<unknown, unknown>) =>
        Effect.map(
          recordCalls(Effect.provide(Vmnet.use(verb), layerFaultyInstall(made, "0123abcd"), { local: true })),
          ([, calls]) => calls
        )
      const ups = yield* run((vmnet) =>
        Effect.map(vmnet.upMany(requests), (each) => assert.isTrue(each.every((one) => outcome(one) === "ok")))
      )
      const downs = yield* run((vmnet) => vmnet.downMany(names(requests)))
      return { ups, downs }
    })
  )

const natOnHost = /^NatOps\.apply host/
const linksOnHost = /^LinkOps\.apply host/
const transactions = /^Ledger\.transact/

describe("what 64 VMs at once cost", () => {
  for (const backend of ["bridge", "tap", "netns"]) {
    it.live(`on the host is what four cost (${backend})`, () =>
      Effect.gen(function* () {
        const [few, many] = [yield* callsOf(backend, 4), yield* callsOf(backend, 64)]
        for (const verb of ["ups", "downs"] as const) {
          for (const pattern of [natOnHost, linksOnHost, transactions]) {
            assert.strictEqual(count(many[verb], pattern), count(few[verb], pattern), `${verb} ${pattern}`)
          }
        }
      })
    )
  }
})
