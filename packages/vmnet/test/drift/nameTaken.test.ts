import { assert, it } from "@effect/vitest"
import { Progress, type ProgressStep, Vmnet } from "@vmnet/core"
import { Effect } from "effect"
import { layerOf, request, world } from "./world.ts"

it.live("a namespace that somebody makes between the look and the repair is his, and stays", () =>
  Effect.gen(function* () {
    const made = yield* world
    const { kernel } = made
    yield* Effect.gen(function* () {
      const vmnet = yield* Vmnet
      const { attachment } = yield* vmnet.up(request("clone", { backend: "netns" }))
      const path = attachment.device.netns!
      kernel.removeNetns(path)
      const seen: Array<string> = []
      const inBetween = ({ step }: ProgressStep) =>
        Effect.sync(() => {
          if (!step.startsWith("restore") || path in kernel.snapshot()) return
          seen.push(step)
          kernel.addNetns(path)
        })
      const { actions } = yield* Effect.provideService(vmnet.repair(["clone"]), Progress, inBetween)
      assert.strictEqual(seen.length, 1)
      assert.deepInclude(
        actions.find(({ kind }) => kind === "Netns"),
        { action: "left", reason: "somebody else's namespace has come into its place" }
      )
      const his = () => kernel.snapshot()[path]?.links
      assert.deepStrictEqual(
        his()?.map(({ alias, link, up }) => [link, up, alias]),
        [["lo", false, ""]]
      )
      for (const collect of [vmnet.gc({ dryRun: false }), vmnet.repair(["clone"]), vmnet.down("clone")]) {
        yield* Effect.ignore(collect)
        assert.isDefined(his())
      }
    }).pipe(Effect.provide(layerOf(made)))
  }).pipe(Effect.scoped)
)
