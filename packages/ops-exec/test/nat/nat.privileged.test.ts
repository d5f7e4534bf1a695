import { assert, layer } from "@effect/vitest"
import type { NatElement } from "@vmnet/core"
import { layerExec, NatOpsNft } from "@vmnet/ops-exec"
import { Effect, Layer } from "effect"
import { writeFileSync } from "node:fs"
import { natFixtures } from "@vmnet/testkit/conformance"
import { namedNetns } from "../support/kernelFixture.ts"
import { layoutDamages } from "../support/layoutDamages.ts"
import { inside, run } from "../support/programs.ts"

const { add, applyIn, findIn, install, remove, snapshotOf, table } = natFixtures
const layout = natFixtures.addLayout
const segment = natFixtures.segment()
const guest = natFixtures.guest()

layer(layerExec({ install }), { excludeTestServices: true })("the firewall over nft", (it) => {
  it.effect("is as it was loaded, whatever elements come and go", () =>
    Effect.gen(function* () {
      const netns = yield* namedNetns
      yield* applyIn(netns, layout)
      assert.strictEqual((yield* snapshotOf(netns)).layout, "present")
      yield* applyIn(netns, add(segment), add(guest))
      yield* applyIn(netns, remove(guest))
      assert.strictEqual((yield* snapshotOf(netns)).layout, "present")
    })
  )

  for (const [what, command] of layoutDamages) {
    it.effect(`is altered when ${what}`, () =>
      Effect.gen(function* () {
        const netns = yield* namedNetns
        yield* applyIn(netns, layout, add(segment))
        inside(netns.path, "nft", ...command)
        assert.strictEqual((yield* snapshotOf(netns)).layout, "altered")
      })
    )
  }

  it.effect("does not mistake a table of another install, or of somebody else, for its own", () =>
    Effect.gen(function* () {
      const netns = yield* namedNetns
      const foreign = `table inet ${table}x {\n set segments {\n type ifname\n elements = { "vmb1" }\n }\n}`
      inside(netns.path, "nft", foreign)
      assert.deepStrictEqual(yield* snapshotOf(netns), { layout: "absent", elements: [] })
      const other = NatOpsNft.layer({ install: "ffffffff" }).pipe(Layer.provide(layerExec({ install })))
      yield* applyIn(netns, layout, add(segment)).pipe(Effect.provide(other))
      yield* applyIn(netns, layout)
      assert.deepStrictEqual(yield* findIn(netns, segment), [{ _tag: "Absent" }])
      yield* applyIn(netns, add(segment))
      yield* applyIn(netns, { _tag: "DeleteLayout" })
      assert.strictEqual((yield* findIn(netns, segment).pipe(Effect.provide(other)))[0]?._tag, "Present")
      assert.include(inside(netns.path, "nft", "list", "table", "inet", `${table}x`), '"vmb1"')
    })
  )

  it.effect("is not taken over when only one of its tables is there", () =>
    Effect.gen(function* () {
      const netns = yield* namedNetns
      inside(netns.path, "nft", "add", "table", "bridge", table)
      const error = yield* Effect.flip(applyIn(netns, layout))
      assert.deepInclude({ ...error }, { reason: "Exists", index: 0, action: "add firewall layout" })
      assert.notInclude(inside(netns.path, "nft", "list", "tables"), `inet ${table}`, "nothing was added")
    })
  )

  it.effect("works where protocols and services have no names", () =>
    Effect.gen(function* () {
      const netns = yield* namedNetns
      writeFileSync("/run/empty", "")
      for (const file of ["/etc/protocols", "/etc/services"]) run("mount", ["--bind", "/run/empty", file])
      yield* Effect.addFinalizer(() =>
        Effect.sync(() => ["/etc/protocols", "/etc/services"].forEach((file) => run("umount", [file])))
      )
      const elements: ReadonlyArray<NatElement> = [
        { _tag: "Egress", address: "10.0.42.2", destination: "203.0.113.0/24", protocol: "udp", ports: [53, 53] },
        {
          _tag: "Publish",
          protocol: "tcp",
          hostAddress: null,
          hostPort: 80,
          count: 1,
          guestAddress: "10.0.42.2",
          guestPort: 80,
          mark: 9
        }
      ]
      yield* applyIn(netns, layout, ...elements.map((element) => add(element)))
      const { elements: listed, layout: state } = yield* snapshotOf(netns)
      assert.strictEqual(state, "present")
      assert.deepStrictEqual(
        listed.map(({ element }) => element),
        elements
      )
      yield* applyIn(netns, ...elements.map(remove))
    })
  )

  it.effect("never shows half of a transaction to who looks while it is made", () =>
    Effect.gen(function* () {
      const netns = yield* namedNetns
      const crowd = Array.from({ length: 1000 }, (_, i): NatElement => {
        const address = `10.1.${Math.floor(i / 250)}.${i % 250}`
        return { _tag: "Guest", device: "vmb1", address, mark: 1000 + i, egress: "all" }
      })
      yield* applyIn(netns, layout, ...crowd.map((element) => add(element)))
      const replaced = { ...guest, mark: 2 } as NatElement
      yield* applyIn(netns, add(guest))
      const writing = Effect.forEach(Array.from({ length: 20 }), () =>
        Effect.andThen(applyIn(netns, remove(guest), add(replaced)), applyIn(netns, remove(replaced), add(guest)))
      )
      const looking = Effect.forEach(Array.from({ length: 20 }), () => findIn(netns, guest, replaced, ...crowd))
      const [, seen] = yield* Effect.all([writing, looking], { concurrency: 2 })
      for (const [one, other, ...rest] of seen) {
        // The two have entries in common: whichever is whole, the other one is different.
        assert.deepStrictEqual([one?._tag, other?._tag].sort(), ["Different", "Present"])
        assert.isTrue(
          rest.every(({ _tag }) => _tag === "Present"),
          "what stays is always there"
        )
      }
    })
  )

  it.effect("takes transactions of many at once, every one of them", () =>
    Effect.gen(function* () {
      const netns = yield* namedNetns
      yield* applyIn(netns, layout)
      const each = Array.from({ length: 24 }, (_, i): NatElement => ({
        _tag: "Segment",
        device: `vmb${i}`,
        isolated: false
      }))
      yield* Effect.forEach(each, (element) => applyIn(netns, add(element)), { concurrency: 8 })
      assert.strictEqual((yield* snapshotOf(netns)).elements.length, 24)
    })
  )

  it.effect("deletes exactly the interval it is told to, where the kernel alone would take another for it", () =>
    Effect.gen(function* () {
      const netns = yield* namedNetns
      const wide: NatElement = {
        _tag: "Egress",
        address: "10.0.42.2",
        destination: "203.0.113.0/24",
        protocol: "tcp",
        ports: [443, 443]
      }
      const narrow: NatElement = { ...wide, ports: [443, 444] }
      yield* applyIn(netns, layout, add(wide))
      const error = yield* Effect.flip(applyIn(netns, add(segment), remove(narrow)))
      assert.deepInclude({ ...error }, { reason: "Missing", index: 1 })
      assert.deepStrictEqual(
        (yield* snapshotOf(netns)).elements.map(({ element }) => element),
        [wide]
      )
      // The kernel's own answer to the same request, which is why it is never asked.
      inside(netns.path, "nft", `delete element inet ${table} egress { 10.0.42.2 . 203.0.113.0/24 . 6 . 443-444 }`)
      assert.deepStrictEqual((yield* snapshotOf(netns)).elements, [])
    })
  )

  it.effect("takes a segment for isolated only when nothing pairs it, and leaves no pair behind", () =>
    Effect.gen(function* () {
      const netns = yield* namedNetns
      const isolated: NatElement = { ...segment, isolated: true }
      yield* applyIn(netns, layout, add(isolated))
      assert.deepStrictEqual(
        (yield* findIn(netns, isolated, segment)).map(({ _tag }) => _tag),
        ["Present", "Different"]
      )
      yield* applyIn(netns, remove(isolated), add(segment))
      assert.deepStrictEqual(
        (yield* findIn(netns, isolated, segment)).map(({ _tag }) => _tag),
        ["Different", "Present"]
      )
      assert.strictEqual((yield* Effect.flip(applyIn(netns, remove(isolated)))).reason, "Missing")
      yield* applyIn(netns, remove(segment))
      inside(netns.path, "nft", `add element inet ${table} pairs { "vmb1" . "vmb1" }`)
      assert.strictEqual((yield* Effect.flip(applyIn(netns, add(isolated)))).reason, "Exists")
    })
  )

  it.effect("names the change of a long transaction that failed, in words too", () =>
    Effect.gen(function* () {
      const netns = yield* namedNetns
      yield* applyIn(netns, layout, add({ _tag: "Masquerade", device: "vmb2" }))
      const many = Array.from({ length: 5 }, (_, i) => add({ _tag: "Segment", device: `vmb${i}`, isolated: false }))
      const failing = [...many, add({ _tag: "Masquerade", device: "vmb2" }), ...many.slice(0, 1)]
      const error = yield* Effect.flip(applyIn(netns, ...failing))
      assert.strictEqual(error.index, 5)
      assert.match(error.message, /^add masquerade vmb2 failed \(Exists\): .*File exists/)
    })
  )
})
