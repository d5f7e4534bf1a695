import { assert } from "@effect/vitest"
import { Effect } from "effect"
import { refused, refusedAt } from "./expectations.ts"
import { type LinkTests, inNetns, linksIn } from "./inNetns.ts"
import { KernelFixture } from "./KernelFixture.ts"
import { attach, bridge, deleteLink, tag, tap, up, veth } from "./linkChanges.ts"

/** Links are made, changed and deleted as asked, strictly. */
export const linkCreation = (it: LinkTests): void => {
  it.effect(
    "a fresh namespace has a loopback of index 1 that is down",
    inNetns(
      Effect.fn(function* (netns) {
        const lo = yield* (yield* linksIn(netns)).one("lo")
        assert.deepInclude(lo, { link: "lo", index: 1, type: "", up: false, alias: "", master: null })
      })
    )
  )

  it.effect(
    "a bridge is made down, with its MAC and MTU",
    inNetns(
      Effect.fn(function* (netns) {
        const { apply, one } = yield* linksIn(netns)
        yield* apply(bridge("vmb1", { mac: "02:00:00:00:00:99", mtu: 1400 }))
        const { index, ...found } = (yield* one("vmb1"))!
        assert.isAbove(index, 1)
        assert.deepStrictEqual(found, {
          link: "vmb1",
          type: "bridge",
          mac: "02:00:00:00:00:99",
          mtu: 1400,
          up: false,
          alias: "",
          master: null,
          addresses: []
        })
      })
    )
  )

  it.effect(
    "a TAP is made down, with its MAC, MTU and owner",
    inNetns(
      Effect.fn(function* (netns) {
        const { apply, one } = yield* linksIn(netns)
        yield* apply(tap("vmt1", { mac: "02:00:00:00:00:aa", mtu: 9000, uid: 1234, gid: 1235 }))
        assert.deepInclude(yield* one("vmt1"), { type: "tun", mac: "02:00:00:00:00:aa", mtu: 9000, up: false })
      })
    )
  )

  it.effect(
    "a TAP or veth that is given no MAC gets a unicast one of its own",
    inNetns(
      Effect.fn(function* (netns) {
        const { apply, find } = yield* linksIn(netns)
        const peer = { link: "vmp1", netns, mac: "02:00:00:00:00:01" }
        yield* apply(
          { _tag: "AddTap", link: "vmt1", mtu: 1500 },
          { _tag: "AddTap", link: "vmt2", mtu: 1500 },
          { _tag: "AddVeth", link: "vmv1", mtu: 1500, peer }
        )
        const macs = (yield* find("vmt1", "vmt2", "vmv1")).map((link) => link?.mac)
        for (const mac of macs) assert.match(mac ?? "", /^[0-9a-f][02468ace](:[0-9a-f]{2}){5}$/)
        assert.strictEqual(new Set(macs).size, 3)
      })
    )
  )

  it.effect(
    "a veth pair has the MAC asked for on each end and the MTU on both, and is down",
    inNetns(
      Effect.fn(function* (netns) {
        const { apply, find } = yield* linksIn(netns)
        yield* apply(veth("vmv1", netns, "vmp1", { mtu: 1420 }))
        const [near, far] = yield* find("vmv1", "vmp1")
        assert.deepInclude(near, { type: "veth", mac: "02:00:00:00:0e:01", mtu: 1420, up: false })
        assert.deepInclude(far, { type: "veth", mac: "02:00:00:00:0e:02", mtu: 1420, up: false })
      })
    )
  )

  it.effect(
    "deleting either end of a veth deletes the other",
    inNetns(
      Effect.fn(function* (netns) {
        const { apply, find } = yield* linksIn(netns)
        for (const end of ["vmv1", "vmp1"]) {
          yield* apply(veth("vmv1", netns, "vmp1"))
          yield* apply(deleteLink(end))
          assert.deepStrictEqual(yield* find("vmv1", "vmp1"), [null, null])
        }
      })
    )
  )

  it.effect(
    "an alias of up to 255 characters is set, and replaced by another",
    inNetns(
      Effect.fn(function* (netns) {
        const { apply, one } = yield* linksIn(netns)
        yield* apply(tap("vmt1"), tag("vmt1", "vmnet:0a1b2c3d:vm1:1"))
        assert.strictEqual((yield* one("vmt1"))?.alias, "vmnet:0a1b2c3d:vm1:1")
        yield* apply(tag("vmt1", "x".repeat(255)))
        assert.strictEqual((yield* one("vmt1"))?.alias, "x".repeat(255))
        yield* refusedAt(apply(tag("vmt1", "y".repeat(256))), "Invalid", 0)
        assert.strictEqual((yield* one("vmt1"))?.alias, "x".repeat(255))
      })
    )
  )

  it.effect(
    "ports name their bridge, and are free again when it is deleted",
    inNetns(
      Effect.fn(function* (netns) {
        const { apply, find } = yield* linksIn(netns)
        yield* apply(bridge("vmb1"), tap("vmt1"), tap("vmt2"), attach("vmt1", "vmb1"), attach("vmt2", "vmb1", true))
        assert.deepStrictEqual(
          (yield* find("vmt1", "vmt2")).map((port) => port?.master),
          ["vmb1", "vmb1"]
        )
        yield* apply(deleteLink("vmb1"))
        assert.deepStrictEqual(
          (yield* find("vmt1", "vmt2")).map((port) => port?.master),
          [null, null]
        )
      })
    )
  )

  it.effect(
    "a bridge keeps its MAC when ports with lower ones come and go",
    inNetns(
      Effect.fn(function* (netns) {
        const { apply, one } = yield* linksIn(netns)
        const mac = "06:00:00:00:00:01"
        yield* apply(bridge("vmb1", { mac }), up("vmb1"), tap("vmt1", { mac: "02:00:00:00:00:01" }))
        yield* apply(attach("vmt1", "vmb1"), up("vmt1"))
        assert.strictEqual((yield* one("vmb1"))?.mac, mac)
        yield* apply(deleteLink("vmt1"))
        assert.strictEqual((yield* one("vmb1"))?.mac, mac)
      })
    )
  )

  // A bridge that was not told its MTU after it was made takes the lowest of its ports', or 1500 without any; being told
  // the MTU it already has does not count (`br_mtu_auto_adjust` of net/bridge/br_if.c).
  it.effect(
    "a bridge keeps its MTU, whatever the MTU of the ports that come and go",
    inNetns(
      Effect.fn(function* (netns) {
        const { apply, one } = yield* linksIn(netns)
        for (const mtu of [1400, 1500, 9000]) {
          yield* apply(bridge("vmb1", { mtu }))
          for (const other of [1300, 9000]) {
            yield* apply(tap("vmt1", { mtu: other }), attach("vmt1", "vmb1"))
            assert.strictEqual((yield* one("vmb1"))?.mtu, mtu)
            yield* apply(deleteLink("vmt1"))
            assert.strictEqual((yield* one("vmb1"))?.mtu, mtu)
          }
          yield* apply(deleteLink("vmb1"))
        }
      })
    )
  )

  it.effect(
    "a link that is set up is up, and has no IPv6 address of its own making",
    inNetns(
      Effect.fn(function* (netns) {
        const { apply, find } = yield* linksIn(netns)
        yield* apply(veth("vmv1", netns, "vmp1"), up("vmv1"), up("vmp1"), up("vmp1"))
        for (const end of yield* find("vmv1", "vmp1")) assert.deepInclude(end, { up: true, addresses: [] })
      })
    )
  )

  it.effect(
    "a TAP that is up has a carrier while somebody has it open, wherever he is; other links tell nothing of the kind",
    inNetns(
      Effect.fn(function* (netns) {
        const { apply, find, observe, one } = yield* linksIn(netns)
        const carrier = Effect.map(one("vmt1"), (link) => link?.carrier)
        yield* apply(tap("vmt1"), bridge("vmb1"), up("vmb1"), veth("vmv1", netns, "vmp1"), up("vmv1"), up("vmp1"))
        assert.strictEqual(yield* carrier, false)
        const { end } = yield* (yield* KernelFixture).openTap(netns, "vmt1")
        assert.strictEqual(yield* carrier, false)
        yield* apply(up("vmt1"))
        assert.strictEqual(yield* carrier, true)
        assert.deepInclude(
          (yield* observe).links.find(({ link }) => link === "vmt1"),
          { carrier: true }
        )
        for (const link of yield* find("vmb1", "vmv1", "lo")) assert.notProperty(link, "carrier")
        yield* end
        assert.strictEqual(yield* carrier, false)
      })
    )
  )

  it.effect(
    "a link whose name is taken, by whatever kind of link, is refused as existing and left alone",
    inNetns(
      Effect.fn(function* (netns) {
        const { apply, observe } = yield* linksIn(netns)
        yield* apply(bridge("vmb1"), tap("vmt1"), veth("vmv1", netns, "vmp1"))
        const before = yield* observe
        for (const name of ["vmb1", "vmt1", "vmv1", "vmp1"]) {
          yield* refusedAt(apply(bridge(name, { mtu: 1300 })), "Exists", 0)
          yield* refusedAt(apply(tap(name, { mtu: 1300 })), "Exists", 0)
          yield* refusedAt(apply(veth(name, netns, "vmx1", { mtu: 1300 })), "Exists", 0)
          yield* refusedAt(apply(veth("vmx1", netns, name, { mtu: 1300 })), "Exists", 0)
        }
        assert.deepStrictEqual(yield* observe, before)
      })
    )
  )

  it.effect(
    "a name the kernel does not allow is refused as invalid",
    inNetns(
      Effect.fn(function* (netns) {
        const { apply, observe } = yield* linksIn(netns)
        const before = yield* observe
        for (const name of ["sixteen-letters-", "", "a b", "a/b", ".."]) {
          yield* refusedAt(apply(bridge(name)), "Invalid", 0)
          yield* refusedAt(apply(tap(name)), "Invalid", 0)
          yield* refusedAt(apply(veth(name, netns, "vmp1")), "Invalid", 0)
          yield* refusedAt(apply(veth("vmv1", netns, name)), "Invalid", 0)
        }
        yield* apply(bridge("fifteen-letters"))
        yield* apply(deleteLink("fifteen-letters"))
        assert.deepStrictEqual(yield* observe, before)
      })
    )
  )

  it.effect(
    "a MAC or MTU no device can have is refused as invalid",
    inNetns(
      Effect.fn(function* (netns) {
        const { apply } = yield* linksIn(netns)
        yield* refused(apply(bridge("vmb1", { mtu: 10 })), "Invalid")
        yield* refused(apply(bridge("vmb2", { mac: "02:00:00:00:00" })), "Invalid")
      })
    )
  )

  it.effect(
    "changing or deleting a link that is not there is refused as missing",
    inNetns(
      Effect.fn(function* (netns) {
        const { apply, observe } = yield* linksIn(netns)
        yield* apply(bridge("vmb1"), tap("vmt1"))
        const before = yield* observe
        for (const change of [deleteLink, up, (link: string) => tag(link, "x"), (link: string) => attach(link, "vmb1")])
          yield* refusedAt(apply(change("vmx1")), "Missing", 0)
        yield* refusedAt(apply(attach("vmt1", "vmx1")), "Missing", 0)
        assert.deepStrictEqual(yield* observe, before)
      })
    )
  )
}
