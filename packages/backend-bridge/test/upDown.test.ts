import { assert, it } from "@effect/vitest"
import { Vmnet } from "@vmnet/core"
import { MemoryKernel } from "@vmnet/testkit"
import { Effect } from "effect"
import { layerMemory, request, temporaryStateDir } from "./support/memoryHost.ts"

it.effect("up and down leave the host as it was, and up twice is one up", () => {
  const kernel = MemoryKernel.make()
  const before = kernel.snapshot()
  return Effect.gen(function* () {
    const vmnet = yield* Vmnet
    const { attachment, existing } = yield* vmnet.up(request("vm1", { publish: ["8080:80"] }))
    assert.isFalse(existing)
    const again = yield* vmnet.up(request("vm1", { publish: ["8080:80"] }))
    assert.deepStrictEqual(again, { attachment, existing: true })
    assert.deepStrictEqual(yield* vmnet.down("vm1"), { vm: "vm1", outcome: "removed" })
    assert.deepStrictEqual(kernel.snapshot(), before)
  }).pipe(Effect.provide(layerMemory(kernel, temporaryStateDir())))
})
