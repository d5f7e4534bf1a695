import { assert, describe, it } from "@effect/vitest"
import { hostNetns, Vmnet } from "@vmnet/core"
import { assertSame } from "@vmnet/testkit/conformance"
import { Effect } from "effect"
import { onWorld, picture, request, rows } from "./world.ts"

const on = (vm: string, hostPort: number) => request(vm, { backend: "bridge", publish: [`${hostPort}:80`] })

describe("repair of one of several VMs on a bridge", () => {
  it.effect("puts all of them back on it when the bridge was deleted", () =>
    onWorld(
      Effect.fnUntraced(function* (made) {
        const vmnet = yield* Vmnet
        for (const [index, vm] of ["vm1", "vm2", "vm3"].entries()) yield* vmnet.up(on(vm, 8080 + index))
        yield* vmnet.up(request("vm4", { backend: "tap", publish: [] }))
        const before = picture(made)
        const bridge = (yield* rows).find(({ resource }) => resource.kind === "Bridge")!.resource
        made.kernel.foreign.unplug(hostNetns, "link" in bridge ? bridge.link! : "")
        const { actions } = yield* vmnet.repair(["vm2"])
        assert.deepStrictEqual(
          actions.filter(({ action }) => action === "left"),
          []
        )
        const ports = actions.flatMap(({ kind, vm }) => (kind === "Tap" ? [vm] : []))
        assert.sameMembers(ports, ["vm1", "vm2", "vm3"])
        assert.deepStrictEqual((yield* vmnet.check()).drift, [])
        assertSame(picture(made), before, "all is as it was")
      })
    )
  )

  it.effect("does nothing to the others when it is there", () =>
    onWorld(
      Effect.fnUntraced(function* (made) {
        const vmnet = yield* Vmnet
        const { attachment } = yield* vmnet.up(on("vm1", 8080))
        const { attachment: other } = yield* vmnet.up(on("vm2", 8081))
        for (const { device } of [attachment, other]) made.kernel.foreign.linkDown(hostNetns, device.name)
        const { actions } = yield* vmnet.repair(["vm1"])
        assert.deepStrictEqual(
          actions.map(({ name, vm }) => [vm, name]),
          [["vm1", attachment.device.name]]
        )
        assert.deepStrictEqual(
          (yield* vmnet.check()).drift.map(({ vm }) => vm),
          ["vm2"]
        )
      })
    )
  )
})
