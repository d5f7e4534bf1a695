import { assert, layer } from "@effect/vitest"
import { PrivateHost } from "@vmnet/testkit"
import { Layer } from "effect"
import { createVmnet } from "vmnet"
import { onHost } from "../support/onHost.ts"

const ways = (["bridge", "netns", "tap"] as const).flatMap((backend) =>
  (["native", "exec"] as const).map((ops) => ({ backend, ops }))
)

layer(Layer.orDie(PrivateHost.layer()), { excludeTestServices: true, timeout: "60 seconds" })(
  "eight VMs at once on the kernel",
  (it) => {
    for (const { backend, ops } of [...ways, { backend: "slirp", ops: "exec" as const }]) {
      it.effect(`${backend}, ${ops}: are as planned, and leave the host as it was`, () =>
        onHost([], async () => {
          await using vmnet = createVmnet({ config: {}, ops })
          const names = Array.from({ length: 8 }, (_, index) => `vm${index + 1}`)
          const asked = names.map((vm, index) => ({ vm, backend, publish: `${8080 + index}:80` }))
          try {
            const up = await vmnet.upMany(asked)
            assert.deepStrictEqual(
              up.map(({ error }) => error),
              names.map(() => undefined)
            )
            assert.deepStrictEqual((await vmnet.check()).drift, [])
          } finally {
            const down = await vmnet.downMany(names)
            assert.deepStrictEqual(
              down.map(({ value }) => value?.outcome),
              names.map(() => "removed" as const)
            )
          }
        })
      )
    }

    it.effect("containers in namespaces of their own are reached, each by its port", () => {
      const boxes = ["box1", "box2", "box3"]
      return onHost(boxes, async ({ netnsOf, page, serve }) => {
        await using vmnet = createVmnet({ config: {} })
        const asked = boxes.map((vm, index) => ({ vm, netns: netnsOf(vm), publish: `${8080 + index}:80` }))
        const up = await vmnet.upMany(asked)
        assert.deepStrictEqual(
          up.map(({ value }) => value?.state),
          boxes.map(() => "active" as const)
        )
        for (const [index, box] of boxes.entries()) {
          await serve(box)
          assert.strictEqual(await page("lan", `http://192.0.2.10:${8080 + index}/`), box)
        }
        await vmnet.downMany(boxes)
      })
    })
  }
)
