import { assert, it } from "@effect/vitest"
import { type LinkChange, LinkOps, NatOps, hostNetns, namedNetns } from "@vmnet/core"
import { MemoryKernel } from "@vmnet/testkit"
import { Effect } from "effect"

const slot = namedNetns("slot-1")
const owner = "vmnet:0a1b2c3d:vm1:1"

const attach: ReadonlyArray<LinkChange> = [
  { _tag: "AddNetns", name: "slot-1", alias: owner },
  { _tag: "AddVeth", link: "vmv1", mtu: 1500, peer: { link: "eth0", netns: slot, mac: "02:00:00:00:00:02" } }
]

const setup = Effect.gen(function* () {
  const kernel = MemoryKernel.make()
  const [links, nat] = [yield* Effect.provide(LinkOps, kernel.layer), yield* Effect.provide(NatOps, kernel.layer)]
  return { kernel, links, nat, apply: (...changes: ReadonlyArray<LinkChange>) => links.apply(hostNetns, changes) }
})

it.effect("a namespace that is made is all of the difference, and none is left when it is deleted", () =>
  Effect.gen(function* () {
    const { apply, kernel, nat } = yield* setup
    const before = kernel.snapshot()
    yield* apply(...attach)
    const element = {
      _tag: "Slot",
      device: "tap0",
      uplink: "eth0",
      mac: "02:00:00:00:00:05",
      address: "169.254.0.21",
      outside: "10.11.0.1"
    } as const
    yield* nat.apply(slot, [{ _tag: "AddElement", element, owner }])
    const during = kernel.snapshot()
    assert.deepStrictEqual(Object.keys(during), ["host", "/run/netns/slot-1"])
    const inside = during["/run/netns/slot-1"]!
    assert.deepStrictEqual(
      inside.links.map(({ alias, link }) => [link, alias]),
      [
        ["eth0", ""],
        ["lo", owner]
      ]
    )
    assert.strictEqual(inside.natEntries.length, 5)
    assert.deepStrictEqual(inside.nat, { layout: "present", elements: [{ element, owner }] })
    yield* apply({ _tag: "DeleteNetns", name: "slot-1" })
    assert.deepStrictEqual(kernel.snapshot(), before)
  })
)

it.effect("a name without a namespace does not hide from the snapshot, and does not outlive the boot", () =>
  Effect.gen(function* () {
    const { kernel, links } = yield* setup
    kernel.foreign.blankNetns("/run/netns/half", "file")
    assert.deepStrictEqual(kernel.snapshot()["/run/netns/half"]?.links, [])
    assert.deepStrictEqual(yield* links.findNetns(["half"]), [{ alias: null }])
    kernel.host.reboot()
    assert.deepStrictEqual(yield* links.findNetns(["half"]), [null])
  })
)

it.effect("without rights no namespace is made or deleted", () =>
  Effect.gen(function* () {
    const { apply, kernel, links } = yield* setup
    yield* apply(...attach)
    kernel.host.setMissingCapabilities(["CAP_SYS_ADMIN"])
    for (const change of [
      { _tag: "DeleteNetns", name: "slot-1" },
      { _tag: "AddNetns", name: "slot-2", alias: owner }
    ] as const) {
      assert.strictEqual((yield* Effect.flip(apply(change))).reason, "Denied")
    }
    assert.deepStrictEqual(yield* links.findNetns(["slot-1", "slot-2"]), [{ alias: owner }, null])
  })
)
