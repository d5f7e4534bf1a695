import { assert, describe, it } from "@effect/vitest"
import { Vmnet } from "@vmnet/core"
import { type Call, recordCalls } from "@vmnet/testkit"
import { Effect } from "effect"
import { fleet, names } from "../many/support.ts"
import { layerFaultyInstall, world } from "../support/world.ts"

const size = 64

const count = (calls: ReadonlyArray<Call>, pattern: RegExp): number =>
  calls.filter(({ words }) => pattern.test(words)).length

describe("what goes behind the answers of 64 VMs goes together", () => {
  for (const backend of ["bridge", "tap", "netns"]) {
    it.live(backend, () =>
      Effect.gen(function* () {
        const made = yield* world
        const before = made.kernel.snapshot()
        const requests = fleet(size, { backend })
        // The layers end with each of the two: closing them waits for the rest.
        const run = (verb: (vmnet: Vmnet["Service"]) => Effect.Effect<unknown, unknown>) =>
          recordCalls(Effect.provide(Vmnet.use(verb), layerFaultyInstall(made, "0123abcd"), { local: true }))
        yield* run((vmnet) => vmnet.upMany(requests))
        const [, calls] = yield* run((vmnet) =>
          Effect.forEach(names(requests), (vm) => vmnet.down(vm, { wait: false }), { concurrency: "unbounded" })
        )
        assert.strictEqual(count(calls, /^NatOps\.apply host.*detached/), size + 1, "each is cut off, all end together")
        assert.isAtMost(count(calls, /^LinkOps\.apply host/), 3)
        assert.isAtMost(count(calls, /^NatOps\.apply host/), size + 4)
        assert.deepStrictEqual(made.kernel.snapshot(), before)
      }).pipe(Effect.scoped)
    )
  }
})
