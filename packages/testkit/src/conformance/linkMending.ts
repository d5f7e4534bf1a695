import { assert } from "@effect/vitest"
import type { LinkChange } from "@vmnet/core"
import { Effect } from "effect"
import { refused, refusedAt } from "./expectations.ts"
import { type LinkTests, inNetns, linksIn } from "./inNetns.ts"
import * as change from "./linkChanges.ts"

const setMtu = (link: string, mtu: number): LinkChange => ({ _tag: "SetMtu", link, mtu })
const setMac = (link: string, mac: string): LinkChange => ({ _tag: "SetMac", link, mac })
const setName = (link: string, to: string): LinkChange => ({ _tag: "SetName", link, to })
const clearMaster = (link: string): LinkChange => ({ _tag: "ClearMaster", link })

const mac = "02:00:00:00:0f:01"

const neighbour = { _tag: "AddNeighbour", link: "vmt1", address: "10.1.0.2", mac: "02:00:00:00:0c:01" } as const

/** A device in use: up, tagged, with an address, a route and a neighbour. */
const inUse = (link: string): ReadonlyArray<LinkChange> => [
  change.tap(link),
  change.tag(link, "vmnet:0a1b2c3d:vm1:1"),
  change.up(link),
  change.address(link, "10.0.42.1/24"),
  change.route("10.1.0.2/32", link),
  { ...neighbour, link }
]

/** One property of a device that works on. */
const inPlace = (it: LinkTests): void => {
  for (const [words, changes, after] of [
    ["MTU", [setMtu("vmt1", 1400)], { mtu: 1400 }],
    ["MAC", [setMac("vmt1", mac), neighbour], { mac }],
    ["name", [setName("vmt1", "vmt2")], { link: "vmt2" }],
    ["name, and back", [setName("vmt1", "vmt2"), setName("vmt2", "vmt1")], {}],
    [
      "all of them",
      [setName("vmt1", "vmt2"), setMtu("vmt2", 9000), setMac("vmt2", mac), { ...neighbour, link: "vmt2" }],
      { link: "vmt2", mtu: 9000, mac }
    ]
  ] as const) {
    it.effect(
      `a device in use gets another ${words}, and all else of it stays`,
      inNetns(
        Effect.fn(function* (netns) {
          const { apply, observe } = yield* linksIn(netns)
          yield* apply(...inUse("vmt1"))
          const before = yield* observe
          yield* apply(...changes)
          const link = "link" in after ? after.link : "vmt1"
          const renamed = <A extends { readonly link: string | null }>(one: A): A =>
            one.link === "vmt1" ? { ...one, link } : one
          assert.deepStrictEqual(yield* observe, {
            ...before,
            links: before.links.map((one) => (one.link === "vmt1" ? { ...one, ...after } : one)),
            routes: before.routes.map(renamed),
            neighbours: before.neighbours.map(renamed)
          })
        })
      )
    )
  }

  it.effect(
    "to be set to what it is changes nothing",
    inNetns(
      Effect.fn(function* (netns) {
        const { apply, observe } = yield* linksIn(netns)
        yield* apply(...inUse("vmt1"))
        const before = yield* observe
        yield* apply(setMtu("vmt1", 1500), change.up("vmt1"))
        assert.deepStrictEqual(yield* observe, before)
      })
    )
  )
}

const neighbours = (it: LinkTests): void => {
  it.effect(
    "a device that gets a MAC forgets its neighbours, and others do not",
    inNetns(
      Effect.fn(function* (netns) {
        const { apply, observe } = yield* linksIn(netns)
        yield* apply(...inUse("vmt1"), change.tap("vmt2"), change.up("vmt2"), { ...neighbour, link: "vmt2" })
        const before = yield* observe
        yield* apply(setMac("vmt1", "02:00:00:00:0a:01"))
        const kept = before.neighbours.filter(({ link }) => link === "vmt2")
        assert.deepStrictEqual(yield* observe, { ...before, neighbours: kept })
        assert.strictEqual(kept.length, 1)
      })
    )
  )
}

const ports = (it: LinkTests): void => {
  it.effect(
    "a port leaves its bridge and comes back, isolated or not, while both work on",
    inNetns(
      Effect.fn(function* (netns) {
        const { apply, observe, one } = yield* linksIn(netns)
        yield* apply(change.bridge("vmb1"), change.up("vmb1"), ...inUse("vmt1"), change.attach("vmt1", "vmb1", true))
        const before = yield* observe
        assert.deepInclude(yield* one("vmt1"), { master: "vmb1", isolated: true })
        yield* apply(change.attach("vmt1", "vmb1"))
        assert.deepInclude(yield* one("vmt1"), { master: "vmb1", up: true })
        assert.notProperty(yield* one("vmt1"), "isolated")
        yield* apply(clearMaster("vmt1"))
        assert.deepInclude(yield* one("vmt1"), { master: null, up: true })
        assert.notProperty(yield* one("vmt1"), "isolated")
        yield* apply(clearMaster("vmt1"))
        yield* apply(change.attach("vmt1", "vmb1", true))
        assert.deepStrictEqual(yield* observe, before)
      })
    )
  )
}

const refusals = (it: LinkTests): void => {
  it.effect(
    "of a device that is not there nothing is set",
    inNetns(
      Effect.fn(function* (netns) {
        const { apply } = yield* linksIn(netns)
        for (const one of [setMtu("vmt9", 1400), setMac("vmt9", mac), setName("vmt9", "vmt8"), clearMaster("vmt9")]) {
          yield* refusedAt(apply(one), "Missing", 0)
        }
      })
    )
  )

  it.effect(
    "values that no device has are refused, and so is a name that is taken",
    inNetns(
      Effect.fn(function* (netns) {
        const { apply, observe } = yield* linksIn(netns)
        yield* apply(...inUse("vmt1"), change.tap("vmt2"))
        const before = yield* observe
        for (const impossible of [
          setMtu("vmt1", 0),
          setMtu("vmt1", 1400.5),
          setMac("vmt1", "02:00:00:00:0a"),
          setMac("vmt1", ""),
          setMac("vmt1", "01:00:5e:00:00:01"),
          setName("vmt1", "sixteen-letters-"),
          setName("vmt1", "a/b"),
          setName("vmt1", "")
        ]) {
          yield* refused(apply(impossible), "Invalid")
        }
        yield* refused(apply(setName("vmt1", "vmt2")), "Exists")
        assert.deepStrictEqual(yield* observe, before)
      })
    )
  )
}

/** What is changed of devices that are there and go on working. */
export const linkMending = (it: LinkTests): void => {
  inPlace(it)
  neighbours(it)
  ports(it)
  refusals(it)
}
