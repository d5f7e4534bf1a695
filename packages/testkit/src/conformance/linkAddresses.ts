import { assert } from "@effect/vitest"
import type { LinkChange } from "@vmnet/core"
import { Effect } from "effect"
import { refused, refusedAt } from "./expectations.ts"
import { type LinkTests, inNetns, linksIn } from "./inNetns.ts"
import * as change from "./linkChanges.ts"

const connected = { destination: "10.0.42.0/24", link: "vmb1", via: null, metric: 0 }

/** Addresses, routes and neighbours of links. */
export const linkAddresses = (it: LinkTests): void => {
  it.effect(
    "an address comes with its connected route once the link is up, in either order",
    inNetns(
      Effect.fn(function* (netns) {
        const { apply, one, observe } = yield* linksIn(netns)
        yield* apply(change.bridge("vmb1"), change.address("vmb1", "10.0.42.1/24"))
        assert.deepStrictEqual((yield* one("vmb1"))?.addresses, ["10.0.42.1/24"])
        assert.deepStrictEqual((yield* observe).routes, [])
        yield* apply(change.up("vmb1"))
        assert.deepStrictEqual((yield* observe).routes, [connected])
        yield* apply(change.address("vmb1", "10.0.43.1/25"))
        const second = { ...connected, destination: "10.0.43.0/25" }
        assert.deepStrictEqual((yield* observe).routes, [connected, second])
      })
    )
  )

  it.effect(
    "a /32 address has no route",
    inNetns(
      Effect.fn(function* (netns) {
        const { apply, one, observe } = yield* linksIn(netns)
        yield* apply(change.bridge("vmb1"), change.up("vmb1"), change.address("vmb1", "10.0.42.1/32"))
        assert.deepStrictEqual((yield* one("vmb1"))?.addresses, ["10.0.42.1/32"])
        assert.deepStrictEqual((yield* observe).routes, [])
      })
    )
  )

  it.effect(
    "an address is refused as existing on its link, and accepted on another",
    inNetns(
      Effect.fn(function* (netns) {
        const { apply, find } = yield* linksIn(netns)
        yield* apply(change.bridge("vmb1"), change.bridge("vmb2"), change.address("vmb1", "10.0.42.1/24"))
        yield* refusedAt(apply(change.address("vmb1", "10.0.42.1/24")), "Exists", 0)
        yield* apply(change.address("vmb2", "10.0.42.1/24"))
        for (const link of yield* find("vmb1", "vmb2")) assert.deepStrictEqual(link?.addresses, ["10.0.42.1/24"])
      })
    )
  )

  it.effect(
    "a deleted address is gone with its connected route, and deleting it again is refused as missing",
    inNetns(
      Effect.fn(function* (netns) {
        const { apply, one, observe } = yield* linksIn(netns)
        yield* apply(change.bridge("vmb1"), change.up("vmb1"), change.address("vmb1", "10.0.42.1/24"))
        yield* apply(change.deleteAddress("vmb1", "10.0.42.1/24"))
        assert.deepStrictEqual((yield* one("vmb1"))?.addresses, [])
        assert.deepStrictEqual((yield* observe).routes, [])
        yield* refusedAt(apply(change.deleteAddress("vmb1", "10.0.42.1/24")), "Missing", 0)
      })
    )
  )

  it.effect(
    "only the address asked for is deleted, whatever its prefix or digits resemble",
    inNetns(
      Effect.fn(function* (netns) {
        const { apply, one } = yield* linksIn(netns)
        const kept = ["10.1.1.10/32", "10.1.1.11/32"]
        yield* apply(change.bridge("vmb1"), ...[...kept, "10.1.1.1/32"].map((a) => change.address("vmb1", a)))
        yield* refused(apply(change.deleteAddress("vmb1", "10.1.1.10/24")), "Missing")
        yield* apply(change.deleteAddress("vmb1", "10.1.1.1/32"))
        assert.sameMembers([...((yield* one("vmb1"))?.addresses ?? [])], kept)
      })
    )
  )

  it.effect(
    "routes are added through a device or a gateway, and a default route is 0.0.0.0/0",
    inNetns(
      Effect.fn(function* (netns) {
        const { apply, observe } = yield* linksIn(netns)
        yield* apply(change.bridge("vmb1"), change.up("vmb1"), change.address("vmb1", "10.0.42.1/24"))
        yield* apply(
          change.route("10.9.0.0/16", "vmb1"),
          change.route("10.8.0.7/32", "vmb1", "10.0.42.2"),
          change.route("default", "vmb1", "10.0.42.254")
        )
        assert.deepStrictEqual((yield* observe).routes, [
          { ...connected, destination: "0.0.0.0/0", via: "10.0.42.254" },
          connected,
          { ...connected, destination: "10.8.0.7/32", via: "10.0.42.2" },
          { ...connected, destination: "10.9.0.0/16" }
        ])
      })
    )
  )

  it.effect(
    "a gateway may be reached by a /32 route of its own",
    inNetns(
      Effect.fn(function* (netns) {
        const { apply, observe } = yield* linksIn(netns)
        yield* apply(change.bridge("vmb1"), change.up("vmb1"), change.address("vmb1", "10.0.42.1/32"))
        yield* apply(change.route("10.0.42.254/32", "vmb1"), change.route("default", "vmb1", "10.0.42.254"))
        assert.deepStrictEqual(
          (yield* observe).routes.map(({ destination, via }) => [destination, via]),
          [
            ["0.0.0.0/0", "10.0.42.254"],
            ["10.0.42.254/32", null]
          ]
        )
      })
    )
  )

  it.effect(
    "a route that cannot be is refused and leaves nothing",
    inNetns(
      Effect.fn(function* (netns) {
        const { apply, observe } = yield* linksIn(netns)
        yield* apply(change.bridge("vmb1"), change.up("vmb1"), change.address("vmb1", "10.0.42.1/24"))
        yield* apply(
          change.bridge("vmb2"),
          change.bridge("vmb3"),
          change.up("vmb3"),
          change.route("10.9.0.0/16", "vmb1")
        )
        const before = yield* observe
        yield* refusedAt(apply(change.route("10.9.0.0/16", "vmb1")), "Exists", 0)
        yield* refusedAt(apply(change.route("10.9.0.0/16", "vmb1", "10.0.42.2")), "Exists", 0)
        yield* refusedAt(apply(change.route("10.9.0.0/16", "vmb3")), "Exists", 0)
        yield* refusedAt(apply(change.route("10.0.42.0/24", "vmb1")), "Exists", 0)
        yield* refusedAt(apply(change.route("10.7.0.0/16", "vmx1")), "Missing", 0)
        yield* refusedAt(apply(change.route("10.7.0.0/16", "vmb1", "172.16.0.1")), "Invalid", 0)
        yield* refusedAt(apply(change.route("10.7.0.1/16", "vmb1")), "Invalid", 0)
        yield* refused(apply(change.route("10.7.0.0/16", "vmb2")), "Invalid", "Failed")
        assert.deepStrictEqual(yield* observe, before)
      })
    )
  )

  it.effect(
    "a deleted route is gone, and a route that is not there is refused as missing",
    inNetns(
      Effect.fn(function* (netns) {
        const { apply, observe } = yield* linksIn(netns)
        yield* apply(change.bridge("vmb1"), change.up("vmb1"), change.address("vmb1", "10.0.42.1/24"))
        const before = yield* observe
        yield* apply(change.route("10.9.0.0/16", "vmb1", "10.0.42.2"), change.route("10.8.0.0/16", "vmb1"))
        yield* refusedAt(apply(change.deleteRoute("10.9.0.0/16", "vmb1", "10.0.42.3")), "Missing", 0)
        yield* refusedAt(apply(change.deleteRoute("10.9.0.0/24", "vmb1")), "Missing", 0)
        yield* refusedAt(apply(change.deleteRoute("10.9.0.0/16", "vmx1")), "Missing", 0)
        yield* apply(change.deleteRoute("10.9.0.0/16", "vmb1", "10.0.42.2"), change.deleteRoute("10.8.0.0/16", "vmb1"))
        assert.deepStrictEqual(yield* observe, before)
        yield* refusedAt(apply(change.deleteRoute("10.8.0.0/16", "vmb1")), "Missing", 0)
      })
    )
  )

  it.effect(
    "neighbours are added strictly, listed with their link, and deleted strictly",
    inNetns(
      Effect.fn(function* (netns) {
        const { apply, observe } = yield* linksIn(netns)
        yield* apply(change.bridge("vmb1"), change.up("vmb1"), change.address("vmb1", "10.0.42.1/24"))
        yield* apply(change.neighbour("vmb1", "10.0.42.2"))
        const entry = { link: "vmb1", address: "10.0.42.2", mac: "02:00:00:00:0c:01" }
        assert.deepStrictEqual((yield* observe).neighbours, [entry])
        yield* refusedAt(apply(change.neighbour("vmb1", "10.0.42.2", "02:00:00:00:0c:02")), "Exists", 0)
        yield* refusedAt(apply(change.neighbour("vmx1", "10.0.42.2")), "Missing", 0)
        yield* refusedAt(apply(change.deleteNeighbour("vmb1", "10.0.42.3")), "Missing", 0)
        assert.deepStrictEqual((yield* observe).neighbours, [entry])
        yield* apply(change.deleteNeighbour("vmb1", "10.0.42.2"))
        assert.deepStrictEqual((yield* observe).neighbours, [])
      })
    )
  )

  it.effect(
    "addresses, routes and neighbours on a link that is not there are refused as missing",
    inNetns(
      Effect.fn(function* (netns) {
        const { apply } = yield* linksIn(netns)
        const changes: ReadonlyArray<LinkChange> = [
          change.address("vmx1", "10.0.42.1/24"),
          change.deleteAddress("vmx1", "10.0.42.1/24"),
          change.route("10.9.0.0/16", "vmx1"),
          change.deleteRoute("10.9.0.0/16", "vmx1"),
          change.neighbour("vmx1", "10.0.42.2"),
          change.deleteNeighbour("vmx1", "10.0.42.2")
        ]
        for (const one of changes) yield* refusedAt(apply(one), "Missing", 0)
      })
    )
  )

  it.effect(
    "a deleted link takes its addresses, routes and neighbours with it",
    inNetns(
      Effect.fn(function* (netns) {
        const { apply, observe } = yield* linksIn(netns)
        const before = yield* observe
        yield* apply(change.bridge("vmb1"), change.up("vmb1"), change.address("vmb1", "10.0.42.1/24"))
        yield* apply(change.neighbour("vmb1", "10.0.42.2"), change.route("10.9.0.0/16", "vmb1", "10.0.42.2"))
        yield* apply(change.deleteLink("vmb1"))
        assert.deepStrictEqual(yield* observe, before)
      })
    )
  )
}
