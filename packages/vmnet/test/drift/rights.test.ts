import { assert, describe, it } from "@effect/vitest"
import { hostNetns, Vmnet } from "@vmnet/core"
import { assertSame } from "@vmnet/testkit/conformance"
import { Effect } from "effect"
import { onWorld, picture, request, states, type World } from "./world.ts"

const without = ({ kernel }: World) => Effect.sync(() => kernel.host.setMissingCapabilities(["CAP_NET_ADMIN"]))

describe("without the rights to change the host", () => {
  it.effect("repair is refused before it changes anything, whatever is wrong", () =>
    onWorld(
      Effect.fnUntraced(function* (made) {
        const vmnet = yield* Vmnet
        const { attachment } = yield* vmnet.up(request("vm1", { backend: "bridge" }))
        for (const damage of [
          () => {},
          () => made.kernel.foreign.linkDown(hostNetns, attachment.device.name),
          () => made.kernel.foreign.unplug(hostNetns, attachment.device.name)
        ]) {
          made.kernel.host.setMissingCapabilities([])
          damage()
          yield* without(made)
          const [before, recorded] = [picture(made), yield* states]
          for (const vms of [[], ["vm1"]]) {
            const error = yield* Effect.flip(vmnet.repair(vms))
            assert.deepInclude(error, { code: "NO_PERMISSION", details: { missing: ["CAP_NET_ADMIN"] } })
          }
          assertSame(picture(made), before, "nothing has changed")
          assert.deepStrictEqual(yield* states, recorded)
        }
      })
    )
  )

  it.effect("check and repair do for a VM that needs none what they always do", () =>
    onWorld(
      Effect.fnUntraced(function* (made) {
        const vmnet = yield* Vmnet
        yield* vmnet.up(request("vm1", { backend: "slirp" }))
        const before = picture(made)
        yield* without(made)
        assert.deepStrictEqual((yield* vmnet.check()).drift, [])
        const slirp = Object.entries(made.kernel.host.helpers()).find(([id]) => id.endsWith(" slirp4netns"))!
        made.kernel.host.endProcess(slirp[1].process.pid)
        const { actions } = yield* vmnet.repair()
        assert.deepStrictEqual(
          actions.map(({ action, kind }) => [action, kind]),
          [
            ["restored", "Helper"],
            ["restored", "Forward"]
          ]
        )
        assertSame(picture(made), before, "all is there again")
      })
    )
  )
})
