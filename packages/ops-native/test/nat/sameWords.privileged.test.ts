import { assert, describe, it } from "@effect/vitest"
import { type NatChange, type NatElement, NatOps, type Netns, type OpsError } from "@vmnet/core"
import { CommandsExeca, NatOpsNft } from "@vmnet/ops-exec"
import { NatOpsNetfilter } from "@vmnet/ops-native"
import { natFixtures } from "@vmnet/testkit/conformance"
import { Effect, Layer } from "effect"
import { writeFileSync } from "node:fs"
import { namedNetns } from "../../../ops-exec/test/support/kernelFixture.ts"
import { inside } from "../../../ops-exec/test/support/programs.ts"

const { add, install, remove } = natFixtures
const other = `vmnet:${install}:vm2:1`

const layers = {
  program: NatOpsNft.layer({ install }).pipe(Layer.provide(CommandsExeca.layer)),
  process: NatOpsNetfilter.layer({ install }).pipe(Layer.provide(CommandsExeca.layer))
}

const layout = natFixtures.addLayout
const segment = (device: string) => natFixtures.segment({ device })
const masquerade = (device: string): NatElement => ({ _tag: "Masquerade", device })
const guest = natFixtures.guest()
const egress = (destination: string, last = 443) => natFixtures.egress(destination, [443, last])
const slot = natFixtures.slot()
const published = natFixtures.publish({ hostPort: 8000, count: 3, mark: 9 })

const there = [layout, add(segment("vmb1")), add(guest), add(egress("203.0.113.0/24")), add(published)]

/** What is there, what is refused, and what a person reads. */
const cases: ReadonlyArray<readonly [string, ReadonlyArray<NatChange>, ReadonlyArray<NatChange>]> = [
  ["an element that is there", there, [add(segment("vmb1"))]],
  ["the fourth of many", there, [...["a", "b", "c"].map((name) => add(masquerade(name))), add(guest, other)]],
  ["two that are there", there, [add(segment("vmb1")), add(masquerade("a")), add(guest)]],
  ["an element to be deleted that is not there", there, [remove(masquerade("vmb1"))]],
  ["the last of many, which is not there", there, [add(masquerade("a")), remove(guest), remove(masquerade("b"))]],
  ["the same twice", there, [add(masquerade("a")), add(masquerade("a"))]],
  ["a segment that is not isolated", there, [remove({ _tag: "Segment", device: "vmb1", isolated: true })]],
  ["an interval that begins in another", there, [add(masquerade("a")), add(egress("203.0.113.0/25"))]],
  ["an interval to be deleted that is but a part", there, [remove(egress("203.0.113.0/25"))]],
  ["ports of which one is taken", there, [add({ ...published, hostPort: 8002, mark: 11 } as NatElement)]],
  ["a layout that is there", there, [layout]],
  ["a layout that is there, after other changes", there, [add(masquerade("a")), remove(masquerade("a")), layout]],
  ["a layout and an element twice", [], [layout, add(masquerade("a")), add(masquerade("a"))]],
  ["a slot where there is a layout", there, [add(slot)]],
  ["a slot where there is one", [add(slot)], [add(slot)]],
  [
    "a slot to be deleted that is another one's",
    [add(slot)],
    [remove({ ...slot, outside: "10.11.0.2" } as NatElement)]
  ],
  ["a layout to be restored in place of a slot", [add(slot)], [{ _tag: "RestoreLayout" }]],
  ["an element that is somebody else's", there, [{ _tag: "RestoreElement", element: guest, owner: other }]]
]

/**
 * The one exception: where a table or a set is missing nft finds that out in what it has listed before, and adds which other name
 * may have been meant. The kernel's own words are "Could not process rule", as for everything else that is missing.
 */
const withoutTable: typeof cases = [
  ["an element where there is no layout", [], [add(segment("vmb1"))]],
  ["an element to be deleted where there is no layout", [], [add(guest), remove(segment("vmb1"))]],
  ["an element of the layout in a slot", [add(slot)], [add(guest)]],
  ["a slot to be deleted where there is none", [], [remove(slot)]],
  ["a layout to be deleted that is not there", [], [{ _tag: "DeleteLayout" }]]
]

const refusedBy = (
  layer: Layer.Layer<NatOps, OpsError>,
  before: ReadonlyArray<NatChange>,
  refused: ReadonlyArray<NatChange>
) =>
  Effect.gen(function* () {
    const netns = yield* namedNetns
    const nat = yield* NatOps
    yield* nat.apply(netns, before)
    const error = yield* Effect.flip(nat.apply(netns, refused))
    return { error, ruleset: inside(netns.path, "nft", "-s", "list", "ruleset") }
  }).pipe(Effect.provide(layer), Effect.scoped)

const wordsOf = ({ action, family, index, output, reason }: OpsError) => ({ action, family, index, output, reason })

describe("what is refused is refused alike, however nft is reached", () => {
  for (const [what, before, refused] of cases) {
    it.live(`${what}`, () =>
      Effect.gen(function* () {
        const [here, there] = yield* Effect.all([
          refusedBy(layers.process, before, refused),
          refusedBy(layers.program, before, refused)
        ])
        assert.deepStrictEqual(wordsOf(here.error), wordsOf(there.error))
        assert.isDefined(here.error.index)
        assert.strictEqual(here.ruleset, there.ruleset)
      })
    )
  }

  for (const [what, before, refused] of withoutTable) {
    it.live(`${what}`, () =>
      Effect.gen(function* () {
        const here = yield* refusedBy(layers.process, before, refused)
        const there = yield* refusedBy(layers.program, before, refused)
        assert.deepStrictEqual({ ...wordsOf(here.error), output: "" }, { ...wordsOf(there.error), output: "" })
        assert.match(here.error.output, /No such file or directory/)
        assert.match(there.error.output, /No such file or directory/)
      })
    )
  }
})

describe("a place that is no network namespace is refused alike", () => {
  writeFileSync("/run/plain", "")
  const places: ReadonlyArray<readonly [string, Netns]> = [
    ["nothing", { _tag: "Path", path: "/run/netns/nothing" }],
    ["a plain file", { _tag: "Path", path: "/run/plain" }],
    ["a namespace of another kind", { _tag: "Path", path: "/proc/self/ns/uts" }],
    ["a process that is gone", { _tag: "Process", pid: 4_194_304, startTime: "1" }]
  ]
  for (const [what, netns] of places) {
    it.live(`${what}`, () =>
      Effect.gen(function* () {
        const ask = NatOps.use((nat) =>
          Effect.all([nat.apply(netns, [layout]), nat.find(netns, [guest])].map(Effect.flip))
        )
        const [here, there] = yield* Effect.all([
          Effect.provide(ask, layers.process),
          Effect.provide(ask, layers.program)
        ])
        for (const [at, error] of here.entries()) {
          const { action, family, reason } = wordsOf(there[at]!)
          assert.deepInclude({ ...error }, { action, family, reason })
        }
      })
    )
  }
})
