import { assert } from "@effect/vitest"
import { LinkOps, type Netns } from "@vmnet/core"
import { Effect } from "effect"
import { refused, refusedAt } from "./expectations.ts"
import { type LinkTests, inNetns, linksIn } from "./inNetns.ts"
import { KernelFixture } from "./KernelFixture.ts"
import { bridge, deleteLink, tap, up, veth } from "./linkChanges.ts"

const gone: Netns = { _tag: "Path", path: "/run/netns/vmnet-conformance-absent" }
const file: Netns = { _tag: "Path", path: "/dev/null" }

/** Where changes go: paths and processes. */
export const linkNamespaces = (it: LinkTests): void => {
  it.effect(
    "namespaces do not see one another's links",
    inNetns(
      Effect.fn(function* (netns) {
        const other = yield* linksIn(yield* (yield* KernelFixture).netns)
        const { apply, one } = yield* linksIn(netns)
        yield* apply(bridge("vmb1"))
        assert.isNull(yield* other.one("vmb1"))
        yield* other.apply(bridge("vmb1", { mtu: 1300 }))
        assert.strictEqual((yield* one("vmb1"))?.mtu, 1500)
      })
    )
  )

  it.effect(
    "a veth's peer is born in its own namespace, and each end goes with the other",
    inNetns(
      Effect.fn(function* (netns) {
        const target = yield* (yield* KernelFixture).netns
        const [near, far] = [yield* linksIn(netns), yield* linksIn(target)]
        for (const end of [near.apply(deleteLink("vmv1")), far.apply(deleteLink("eth0"))]) {
          yield* near.apply(veth("vmv1", target, "eth0"), up("vmv1"))
          assert.deepInclude(yield* near.one("vmv1"), { type: "veth", up: true, mac: "02:00:00:00:0e:01" })
          assert.deepInclude(yield* far.one("eth0"), { type: "veth", up: false, mac: "02:00:00:00:0e:02" })
          assert.deepStrictEqual([yield* near.one("eth0"), yield* far.one("vmv1")], [null, null])
          yield* end
          assert.deepStrictEqual([yield* near.one("vmv1"), yield* far.one("eth0")], [null, null])
        }
      })
    )
  )

  it.effect(
    "a veth whose peer cannot be made leaves no end",
    inNetns(
      Effect.fn(function* (netns) {
        const target = yield* (yield* KernelFixture).netns
        const [near, far] = [yield* linksIn(netns), yield* linksIn(target)]
        yield* far.apply(tap("eth0", { mtu: 1300 }))
        yield* refusedAt(near.apply(bridge("vmb1"), veth("vmv1", target, "eth0")), "Exists", 1)
        yield* refusedAt(near.apply(veth("vmv1", gone, "eth0")), "Missing", 0)
        assert.isNull(yield* near.one("vmv1"))
        assert.deepInclude(yield* far.one("eth0"), { type: "tun", mtu: 1300 })
      })
    )
  )

  it.effect(
    "a process stands for the namespace it lives in, as a place and as a peer's target",
    inNetns(
      Effect.fn(function* (netns) {
        const target = yield* (yield* KernelFixture).netns
        const process = yield* (yield* KernelFixture).process(target)
        const [byPath, byProcess] = [yield* linksIn(target), yield* linksIn(process.netns)]
        yield* byProcess.apply(bridge("vmb1"))
        assert.deepInclude(yield* byPath.one("vmb1"), { type: "bridge" })
        yield* (yield* linksIn(netns)).apply(veth("vmv1", process.netns, "eth0"))
        assert.deepInclude(yield* byPath.one("eth0"), { type: "veth" })
        assert.deepStrictEqual(yield* byProcess.observe, yield* byPath.observe)
      })
    )
  )

  it.effect(
    "a process that ended, or whose pid another has, is missing",
    inNetns(
      Effect.fn(function* (netns) {
        const process = yield* (yield* KernelFixture).process(netns)
        const links = yield* LinkOps
        const recycled: Netns = { ...process.netns, startTime: `${Number(process.netns.startTime) + 1}` }
        const near = yield* linksIn(yield* (yield* KernelFixture).netns)
        const untouched = Effect.fnUntraced(function* (target: Netns) {
          yield* refused(links.apply(target, [bridge("vmb1")]), "Missing")
          yield* refused(links.find(target, ["lo"]), "Missing")
          yield* refused(links.snapshot(target), "Missing")
          yield* refusedAt(near.apply(veth("vmv1", target, "eth0")), "Missing", 0)
          assert.isNull(yield* near.one("vmv1"))
        })
        yield* untouched(recycled)
        yield* process.end
        yield* untouched(process.netns)
        assert.deepStrictEqual(yield* links.find(netns, ["vmb1", "eth0"]), [null, null])
      })
    )
  )

  it.effect("a path that is not there is missing, and a file that is no namespace is refused", () =>
    Effect.gen(function* () {
      const links = yield* LinkOps
      yield* refused(links.apply(gone, [bridge("vmb1")]), "Missing")
      yield* refused(links.find(gone, ["lo"]), "Missing")
      yield* refused(links.snapshot(gone), "Missing")
      yield* refused(links.apply(file, [bridge("vmb1")]), "Missing", "Invalid")
      yield* refused(links.find(file, ["lo"]), "Missing", "Invalid")
      yield* refused(links.snapshot(file), "Missing", "Invalid")
    })
  )

  it.effect(
    "work in many namespaces at once stays apart",
    inNetns(
      Effect.fn(function* () {
        const fixture = yield* KernelFixture
        const links = yield* LinkOps
        const places = yield* Effect.all(Array.from({ length: 6 }, () => fixture.netns))
        const work = places.map((place, i) => links.apply(place, [bridge("vmb1", { mtu: 1400 + i }), tap(`vmt${i}`)]))
        yield* Effect.all(work, { concurrency: "unbounded" })
        for (const [i, place] of places.entries()) {
          const { find } = yield* linksIn(place)
          const [vmb1, own, next] = yield* find("vmb1", `vmt${i}`, `vmt${(i + 1) % 6}`)
          assert.deepStrictEqual([vmb1?.mtu, own?.type, next], [1400 + i, "tun", null])
        }
      })
    )
  )
}
