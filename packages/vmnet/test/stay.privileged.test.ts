import { assert, describe, it } from "@effect/vitest"
import { hostNetns, LinkOps, namedNetns, Stay } from "@vmnet/core"
import { PrivateHost } from "@vmnet/testkit"
import { Effect, Layer } from "effect"
import { readdirSync } from "node:fs"
import { layerOps, type OpsChoice } from "../src/host/layerOps.ts"

const descriptors = (): number => readdirSync("/proc/self/fd").length

const layerOf = (choice: OpsChoice) =>
  Layer.provideMerge(
    Layer.orDie(layerOps(choice, { install: "0123abcd", stateDir: "/run/vmnet" })),
    Layer.orDie(PrivateHost.layer())
  )

/** How many more descriptors are open in the midst of work in a namespace, and after it. */
const opened = Effect.gen(function* () {
  const [links, stay] = [yield* LinkOps, yield* Stay]
  const netns = namedNetns("staying")
  yield* links.apply(hostNetns, [{ _tag: "AddNetns", name: "staying", alias: "vmnet:stay" }])
  const before = descriptors()
  const within = yield* stay(Effect.map(links.find(netns, ["lo"]), descriptors))
  const after = descriptors()
  yield* links.apply(hostNetns, [{ _tag: "DeleteNetns", name: "staying" }])
  return { within: within - before, after: after - before }
})

describe.each(["auto", "native"] as const)("calls in this process, chosen by --ops %s", (choice) => {
  it.live("keep a namespace open from step to step", () =>
    Effect.gen(function* () {
      const { after, within } = yield* Effect.provide(opened, layerOf(choice))
      assert.isAbove(within, 0)
      assert.strictEqual(after, 0)
    })
  )
})
