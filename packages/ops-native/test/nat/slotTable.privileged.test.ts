import { assert, it } from "@effect/vitest"
import { NatOps } from "@vmnet/core"
import { CommandsExeca } from "@vmnet/ops-exec"
import { NatOpsNetfilter } from "@vmnet/ops-native"
import { natFixtures } from "@vmnet/testkit/conformance"
import { Effect, Layer } from "effect"
import { readlinkSync } from "node:fs"
import { slotTables } from "#src/nat/slotTable.ts"
import { namedNetns } from "../../../ops-exec/test/support/kernelFixture.ts"
import { inside } from "../../../ops-exec/test/support/programs.ts"

const { add, install, remove } = natFixtures
const slot = natFixtures.slot()

it("the eighth slot is worth learning the messages that make its table, for each install", () => {
  const own = readlinkSync("/proc/thread-self/ns/net")
  const messages = slotTables()
  for (const each of [install, "ffffffff"]) {
    const known = Array.from({ length: 9 }, () => messages(each))
    assert.deepStrictEqual(
      known.map((requests) => requests !== undefined),
      [false, false, false, false, false, false, false, true, true]
    )
    // The table twice, five sets, seven chains, and their rules.
    assert.isAbove(known[7]!.length, 14)
    assert.strictEqual(known[7], known[8])
    assert.include(Buffer.concat(known[7]!.map(({ payload }) => payload)).toString("latin1"), `vmnet_${each}\0`)
  }
  assert.strictEqual(readlinkSync("/proc/thread-self/ns/net"), own)
})

it.live("a slot made of messages is what a slot made of text is, and refused in the same words", () =>
  Effect.gen(function* () {
    const nat = yield* NatOps
    const spaces = yield* Effect.forEach(Array.from({ length: 10 }), () => namedNetns)
    const rulesets: Array<string> = []
    for (const netns of spaces) {
      yield* nat.apply(netns, [add(slot)])
      rulesets.push(inside(netns.path, "nft", "-a", "list", "ruleset"))
    }
    assert.strictEqual(new Set(rulesets).size, 1, "handles included")
    const { elements, layout } = yield* nat.snapshot(spaces[9]!)
    assert.deepStrictEqual([layout, elements.length], ["present", 1])
    const refused = yield* Effect.flip(nat.apply(spaces[9]!, [add(slot, natFixtures.otherOwner)]))
    assert.deepInclude({ ...refused }, { reason: "Exists", index: 0 })
    assert.include(refused.output, "/dev/stdin:1:19-32: Error: Could not process rule: File exists")
    assert.strictEqual(inside(spaces[9]!.path, "nft", "-a", "list", "ruleset"), rulesets[0])
    yield* nat.apply(spaces[9]!, [remove(slot)])
    assert.strictEqual(inside(spaces[9]!.path, "nft", "list", "ruleset"), "")
  }).pipe(Effect.provide(NatOpsNetfilter.layer({ install }).pipe(Layer.provide(CommandsExeca.layer))), Effect.scoped)
)
