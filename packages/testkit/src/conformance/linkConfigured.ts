import { assert } from "@effect/vitest"
import { LinkOps } from "@vmnet/core"
import { Effect } from "effect"
import { type LinkTests, inNetns, linksIn } from "./inNetns.ts"
import * as change from "./linkChanges.ts"

/** Looking up what is on a link, not what there is. */
export const linkConfigured = (it: LinkTests): void => {
  it.effect(
    "routes and neighbours are found by link, in the order asked, nothing on a link that is not there",
    inNetns(
      Effect.fn(function* (netns) {
        const { apply, observe } = yield* linksIn(netns)
        yield* apply(
          ...["vmt1", "vmt2", "vmt3"].flatMap((link) => [change.tap(link), change.up(link)]),
          change.address("vmt1", "10.0.42.1/24"),
          change.route("10.1.0.2/32", "vmt1"),
          change.route("10.2.0.0/16", "vmt1", "10.0.42.9"),
          change.route("default", "vmt2"),
          change.neighbour("vmt1", "10.1.0.2", "02:00:00:00:00:02"),
          change.neighbour("vmt2", "10.1.0.2", "02:00:00:00:00:03")
        )
        const { neighbours, routes } = yield* observe
        const links = yield* LinkOps.use((ops) => ops.find(netns, ["vmt1", "vmt2", "vmt3"]))
        const on = (link: string) => ({
          link: links.find((one) => one?.link === link) ?? null,
          routes: routes.filter((route) => route.link === link),
          neighbours: neighbours.filter((entry) => entry.link === link)
        })
        assert.strictEqual(on("vmt1").routes.length, 3)
        assert.strictEqual(on("vmt2").neighbours.length, 1)
        assert.deepStrictEqual(on("vmt9"), { link: null, routes: [], neighbours: [] })
        assert.deepStrictEqual(on("vmt1").link?.addresses, ["10.0.42.1/24"])
        const names = ["vmt2", "vmt9", "vmt1", "vmt3"]
        const found = yield* LinkOps.use((links) => links.configuredOn(netns, names))
        assert.deepStrictEqual(found, [on("vmt2"), on("vmt9"), on("vmt1"), on("vmt3")])
      })
    )
  )

  it.effect(
    "nothing is asked about no links",
    inNetns((netns) =>
      Effect.map(
        LinkOps.use((links) => links.configuredOn(netns, [])),
        (found) => assert.deepStrictEqual(found, [])
      )
    )
  )
}
