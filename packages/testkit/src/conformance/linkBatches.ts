import { assert } from "@effect/vitest"
import { LinkOps } from "@vmnet/core"
import { Effect, Result } from "effect"
import { refused, refusedAt } from "./expectations.ts"
import { type LinkTests, inNetns, linksIn } from "./inNetns.ts"
import * as change from "./linkChanges.ts"

/** Order, partial failure and concurrency. */
export const linkBatches = (it: LinkTests): void => {
  it.effect(
    "a batch stops at the first change that fails, keeps the ones before and does none after",
    inNetns(
      Effect.fn(function* (netns) {
        const { apply, find } = yield* linksIn(netns)
        const batch = [
          change.bridge("vmb1"),
          change.tap("vmt1"),
          change.attach("vmt1", "vmx1"),
          change.tap("vmt2"),
          change.up("vmt1")
        ]
        const error = yield* refusedAt(apply(...batch), "Missing", 2)
        assert.include(error.message, "vmt1")
        const [vmb1, vmt1, vmt2] = yield* find("vmb1", "vmt1", "vmt2")
        assert.deepInclude(vmb1, { type: "bridge" })
        assert.deepInclude(vmt1, { type: "tun", up: false, master: null })
        assert.isNull(vmt2)
      })
    )
  )

  it.effect(
    "the index names the failed change wherever in a batch of all kinds it stands",
    inNetns(
      Effect.fn(function* (netns) {
        const { apply, observe } = yield* linksIn(netns)
        const before = yield* observe
        const kinds = [
          change.bridge("vmb1"),
          change.tap("vmt1"),
          change.veth("vmv1", netns, "vmp1"),
          change.tag("vmb1", "vmnet:0a1b2c3d:vm1:1"),
          change.attach("vmt1", "vmb1", true),
          change.attach("vmv1", "vmb1"),
          change.up("vmb1"),
          change.address("vmb1", "10.0.42.1/24"),
          change.route("10.9.0.0/16", "vmb1"),
          change.neighbour("vmb1", "10.0.42.2"),
          change.deleteNeighbour("vmb1", "10.0.42.2"),
          change.deleteRoute("10.9.0.0/16", "vmb1"),
          change.deleteAddress("vmb1", "10.0.42.1/24"),
          change.deleteLink("vmt1"),
          change.deleteLink("vmv1"),
          change.deleteLink("vmb1")
        ]
        yield* apply(...kinds)
        assert.deepStrictEqual(yield* observe, before)
        for (const at of kinds.keys()) {
          const batch = [...kinds.slice(0, at), change.deleteLink("vmx1"), ...kinds.slice(at)]
          yield* refusedAt(apply(...batch), "Missing", at)
          yield* apply(...kinds.slice(at))
        }
        assert.deepStrictEqual(yield* observe, before)
      })
    )
  )

  it.effect(
    "a batch may use what it made itself, in order",
    inNetns(
      Effect.fn(function* (netns) {
        const { apply, one } = yield* linksIn(netns)
        yield* refusedAt(apply(change.attach("vmt1", "vmb1"), change.tap("vmt1")), "Missing", 0)
        yield* apply(
          change.tap("vmt1"),
          change.bridge("vmb1"),
          change.attach("vmt1", "vmb1"),
          change.deleteLink("vmt1")
        )
        assert.isNull(yield* one("vmt1"))
        yield* refusedAt(apply(change.tap("vmt1"), change.tap("vmt1")), "Exists", 1)
        assert.isNotNull(yield* one("vmt1"))
      })
    )
  )

  it.effect(
    "an empty batch does nothing",
    inNetns(
      Effect.fn(function* (netns) {
        const { apply, observe } = yield* linksIn(netns)
        const before = yield* observe
        yield* apply()
        assert.deepStrictEqual(yield* observe, before)
      })
    )
  )

  it.effect(
    "a batch of three hundred changes is applied whole",
    inNetns(
      Effect.fn(function* (netns) {
        const { apply, observe } = yield* linksIn(netns)
        yield* apply(change.bridge("vmb1"), change.up("vmb1"), change.address("vmb1", "10.0.0.1/16"))
        const addresses = Array.from({ length: 300 }, (_, i) => `10.0.${Math.floor(i / 100) + 1}.${(i % 100) + 1}`)
        yield* apply(...addresses.map((address) => change.neighbour("vmb1", address)))
        assert.strictEqual((yield* observe).neighbours.length, 300)
        yield* refusedAt(
          apply(...addresses.map((address) => change.deleteNeighbour("vmb1", address)), change.up("vmx1")),
          "Missing",
          300
        )
        assert.deepStrictEqual((yield* observe).neighbours, [])
      })
    )
  )

  it.effect(
    "of ten that make the same link at once exactly one succeeds, the others see that it exists",
    inNetns(
      Effect.fn(function* (netns) {
        const links = yield* LinkOps
        const attempt = Effect.result(links.apply(netns, [change.tap("vmt1")]))
        const results = yield* Effect.all(
          Array.from({ length: 10 }, () => attempt),
          { concurrency: "unbounded" }
        )
        assert.strictEqual(results.filter(Result.isSuccess).length, 1)
        for (const lost of results.filter(Result.isFailure)) assert.strictEqual(lost.failure.reason, "Exists")
      })
    )
  )

  it.effect(
    "a tree of changes gives the same data on every kernel",
    inNetns(
      Effect.fn(function* (netns) {
        const { apply, observe } = yield* linksIn(netns)
        yield* apply(
          change.bridge("vmb1", { mtu: 1450 }),
          change.tag("vmb1", "vmnet:0a1b2c3d:@network.web:1"),
          change.up("vmb1"),
          change.address("vmb1", "10.0.42.1/24"),
          change.tap("vmt1", { mtu: 1450, uid: 1000 }),
          change.tag("vmt1", "vmnet:0a1b2c3d:api:1"),
          change.attach("vmt1", "vmb1", true),
          change.up("vmt1"),
          change.neighbour("vmb1", "10.0.42.2"),
          change.route("10.9.0.0/16", "vmb1", "10.0.42.2")
        )
        const { links, routes, neighbours } = yield* observe
        const base = { mtu: 1450, up: true, addresses: [] }
        assert.deepStrictEqual(
          links.filter(({ link }) => link.startsWith("vm")),
          [
            {
              ...base,
              link: "vmb1",
              type: "bridge",
              mac: "02:00:00:00:0b:01",
              alias: "vmnet:0a1b2c3d:@network.web:1",
              master: null,
              addresses: ["10.0.42.1/24"]
            },
            {
              ...base,
              link: "vmt1",
              type: "tun",
              isolated: true,
              carrier: false,
              owner: { uid: 1000, gid: null },
              mac: "02:00:00:00:0a:01",
              alias: "vmnet:0a1b2c3d:api:1",
              master: "vmb1"
            }
          ]
        )
        assert.deepStrictEqual(routes, [
          { destination: "10.0.42.0/24", link: "vmb1", via: null, metric: 0 },
          { destination: "10.9.0.0/16", link: "vmb1", via: "10.0.42.2", metric: 0 }
        ])
        assert.deepStrictEqual(neighbours, [{ link: "vmb1", address: "10.0.42.2", mac: "02:00:00:00:0c:01" }])
      })
    )
  )

  it.effect(
    "an error names the change in words",
    inNetns(
      Effect.fn(function* (netns) {
        const { apply } = yield* linksIn(netns)
        const error = yield* refused(apply(change.deleteLink("vmx1")), "Missing")
        assert.include(error.action, "vmx1")
        assert.strictEqual(error.family, "link")
      })
    )
  )
}
