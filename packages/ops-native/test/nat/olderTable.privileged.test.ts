import { assert, describe, it } from "@effect/vitest"
import { NatOps, type Netns } from "@vmnet/core"
import { CommandsExeca, NatOpsNft } from "@vmnet/ops-exec"
import { NatOpsNetfilter } from "@vmnet/ops-native"
import { natFixtures } from "@vmnet/testkit/conformance"
import { Effect, Layer } from "effect"
import { namedNetns } from "../../../ops-exec/test/support/kernelFixture.ts"
import { inside } from "../../../ops-exec/test/support/programs.ts"

const { add, addLayout, deleteLayout, install, owner, remove, table } = natFixtures
const segment = (device: string) => natFixtures.segment({ device })

const layers = {
  exec: NatOpsNft.layer({ install }),
  native: NatOpsNetfilter.layer({ install })
}

type NamedNetns = Extract<Netns, { _tag: "Path" }>

/** Tables as a vmnet left them whose layout had one more set, with the element of a VM that is up. */
const older = Effect.fnUntraced(function* ({ path, ...netns }: NamedNetns) {
  const nat = yield* NatOps
  yield* nat.apply({ ...netns, path }, [addLayout, add(segment("vmb1"))])
  inside(path, "nft", `add set inet ${table} hairpins { type ifname . ifname; }`)
  inside(path, "nft", `add element inet ${table} hairpins { "vmb1" . "vmb1" comment "${owner}" }`)
})

const rulesets = (path: string): string => inside(path, "nft", "list", "ruleset")

describe.each(Object.entries(layers))("tables of an older version, by %s", (_, layer) => {
  const on = <A, E>(work: (netns: NamedNetns) => Effect.Effect<A, E, NatOps>) =>
    Effect.flatMap(namedNetns, (netns) => Effect.andThen(older(netns), work(netns))).pipe(
      Effect.provide(layer.pipe(Layer.provide(CommandsExeca.layer))),
      Effect.scoped
    )

  it.live("are told to differ, take VMs of this one, and go without a trace", () =>
    on((netns) =>
      Effect.gen(function* () {
        const nat = yield* NatOps
        assert.strictEqual((yield* nat.snapshot(netns)).layout, "altered")
        assert.deepStrictEqual(yield* nat.find(netns, [segment("vmb1")]), [{ _tag: "Present", owner }])
        yield* nat.apply(netns, [add(segment("vmb2"))])
        yield* nat.apply(netns, [remove(segment("vmb2"))])
        yield* nat.apply(netns, [remove(segment("vmb1"))])
        assert.deepStrictEqual((yield* nat.snapshot(netns)).elements, [])
        yield* nat.apply(netns, [deleteLayout])
        assert.strictEqual(rulesets(netns.path), "")
      })
    )
  )

  it.live("are restored to what this one makes, and every element stays", () =>
    on((netns) =>
      Effect.gen(function* () {
        const nat = yield* NatOps
        yield* nat.apply(netns, [{ _tag: "RestoreLayout" }])
        const { elements, layout } = yield* nat.snapshot(netns)
        assert.strictEqual(layout, "present")
        assert.deepStrictEqual(elements, [{ element: segment("vmb1"), owner }])
        assert.notInclude(rulesets(netns.path), "hairpins")
      })
    )
  )
})
