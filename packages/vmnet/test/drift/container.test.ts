import { assert, describe, it } from "@effect/vitest"
import { Vmnet } from "@vmnet/core"
import { assertSame } from "@vmnet/testkit/conformance"
import { Effect } from "effect"
import { box, onWorld, picture, request } from "./world.ts"

const asked = request("vm1", { backend: "bridge", publish: [] }, { target: box })

describe("a container whose network somebody changed from inside", () => {
  it.effect("is not up without its address, and is again once that is put back", () =>
    onWorld((made) =>
      Effect.gen(function* () {
        const vmnet = yield* Vmnet
        const { attachment } = yield* vmnet.up(asked)
        const before = picture(made)
        const { address } = attachment.guest
        made.kernel.foreign.apply(box, { _tag: "DeleteAddress", link: "eth0", address })
        const error = yield* Effect.flip(vmnet.up(asked))
        assert.deepStrictEqual([error.code, error.hint?.includes("vmnet repair vm1")], ["VM_CONFLICT", true])
        assert.include(error.message, `address ${address} on eth0 in /run/netns/box is missing`)
        const { drift } = yield* vmnet.check(["vm1"])
        assert.deepInclude(drift[0], { kind: "Address", netns: "/run/netns/box", drift: "missing" })
        const { actions } = yield* vmnet.repair(["vm1"])
        assert.deepInclude(actions[0], { action: "restored", kind: "Address" })
        assertSame(picture(made), before, "repaired")
        assert.isTrue((yield* vmnet.up(asked)).existing)
      })
    )
  )

  it.effect("keeps its end where it was moved to, or as it was renamed, and repair says what to do", () =>
    onWorld((made) =>
      Effect.gen(function* () {
        const vmnet = yield* Vmnet
        yield* vmnet.up(asked)
        made.kernel.foreign.rename(box, "eth0", "wan0")
        const renamed = picture(made)
        const { drift } = yield* vmnet.check()
        assert.deepStrictEqual(
          drift.map(({ drift: how, kind }) => [kind, how]),
          [["Veth", "missing"]]
        )
        const { actions } = yield* vmnet.repair()
        assert.deepStrictEqual(
          actions.map(({ action, kind }) => [kind, action]),
          [["Veth", "left"]]
        )
        assert.include(actions[0]!.reason, "vmnet down vm1, then up")
        assertSame(picture(made), renamed, "untouched")
      })
    )
  )
})
