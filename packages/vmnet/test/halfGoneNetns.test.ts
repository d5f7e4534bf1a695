import { assert, describe, it } from "@effect/vitest"
import { Ledger, Vmnet } from "@vmnet/core"
import { Effect } from "effect"
import { assertPicture, onWorld, picture } from "./many/support.ts"
import { request, type World } from "./support/world.ts"

const path = "/run/netns/vmnet-1"

/** The name of a slot's namespace is all that is left of it, and its lease had come so far by then. */
const nameLeft = Effect.fnUntraced(function* ({ kernel }: World, state: string) {
  yield* Vmnet.use((vmnet) => vmnet.up(request("vm1", { backend: "netns" })))
  yield* Ledger.use((ledger) => ledger.transact("stop", (tx) => tx.run("UPDATE leases SET state = ?", state)))
  kernel.removeNetns(path)
  kernel.foreign.blankNetns(path, "file")
})

describe("a namespace that goes in two steps", () => {
  for (const state of ["releasing", "failed"]) {
    it.live(`leaves no name when \`down\` ended between them (${state})`, () =>
      onWorld((world) =>
        Effect.gen(function* () {
          const empty = yield* picture(world)
          yield* nameLeft(world, state)
          const vmnet = yield* Vmnet
          assert.deepStrictEqual(yield* vmnet.down("vm1"), { vm: "vm1", outcome: "removed" })
          yield* assertPicture(world, empty, "left behind")
        })
      )
    )
  }

  it.live("is somebody else's doing where no `down` had begun, and is left", () =>
    onWorld((world) =>
      Effect.gen(function* () {
        yield* nameLeft(world, "active")
        const vmnet = yield* Vmnet
        const { left } = yield* vmnet.down("vm1")
        assert.deepStrictEqual(left, [{ kind: "Netns", name: "vmnet-1" }])
      })
    )
  )
})
