import { assert, describe, it } from "@effect/vitest"
import { hostNetns, Vmnet } from "@vmnet/core"
import { assertSame } from "@vmnet/testkit/conformance"
import { Effect } from "effect"
import { onWorld, picture, request } from "./world.ts"

describe("repair of a VM whose owner has ended", () => {
  it.effect("leaves it to gc, and has nothing to say of one that is whole", () =>
    onWorld(
      Effect.fnUntraced(function* (made) {
        const vmnet = yield* Vmnet
        const { host } = made.kernel
        const owner = host.startProcess()
        const { attachment } = yield* vmnet.up(request("vm1", { backend: "bridge" }, { owner }))
        yield* vmnet.up(request("vm2", { backend: "bridge", publish: [] }))
        const unplug = () => made.kernel.foreign.unplug(hostNetns, attachment.device.name)
        unplug()
        assert.deepInclude((yield* vmnet.repair()).actions[0], { action: "restored", kind: "Tap", vm: "vm1" })
        host.endProcess(owner.pid)
        assert.deepStrictEqual((yield* vmnet.repair()).actions, [])
        unplug()
        const damaged = picture(made)
        assert.deepStrictEqual((yield* vmnet.repair()).actions, [
          {
            action: "left",
            reason: "its owner has ended: vmnet gc takes it down",
            vm: "vm1",
            kind: "Lease",
            name: "vm1"
          }
        ])
        assertSame(picture(made), damaged, "nothing is made for nobody")
      })
    )
  )
})
