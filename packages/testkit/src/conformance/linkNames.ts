import { assert } from "@effect/vitest"
import { Effect } from "effect"
import { type LinkTests, inNetns, linksIn } from "./inNetns.ts"
import { KernelFixture } from "./KernelFixture.ts"
import { deleteLink, tap } from "./linkChanges.ts"

/** Legal names that look like options, substitutions, patterns, keywords or properties of an object. */
export const hostileNames = [
  "-h",
  "--",
  "$(x)",
  "`x`",
  'a"b',
  "a'b",
  "a*",
  "a|b",
  "a;b",
  "eth0.100",
  "é",
  "up",
  "type",
  "dev",
  "group",
  "lo1",
  "__proto__",
  "constructor"
]

/** Texts an alias may hold: quotes, line ends, escapes of terminals, tags that are almost ours. */
export const hostileTexts = [
  'vmnet:0a1b2c3d:vm1:1"; }',
  "it's",
  "one\ntwo\tthree",
  "\u001b[31mred\u0001",
  "back\\slash",
  "ünï💥",
  " vmnet:0a1b2c3d:vm1:1",
  "${HOME} $(reboot) `reboot`",
  "x".repeat(255)
]

/** Direct lookups, and observed text that is not ours. */
export const linkNames = (it: LinkTests): void => {
  it.effect(
    "find answers in the order asked, with null for what is not there",
    inNetns(
      Effect.fn(function* (netns) {
        const { apply, find } = yield* linksIn(netns)
        yield* apply(tap("vmt1"), tap("vmt2"))
        const names = (yield* find("vmt2", "vmx1", "vmt1", "vmt2")).map((link) => link?.link ?? null)
        assert.deepStrictEqual(names, ["vmt2", null, "vmt1", "vmt2"])
        assert.deepStrictEqual(yield* find(), [])
      })
    )
  )

  it.effect(
    "a deleted link is proven absent at once, and its name is free",
    inNetns(
      Effect.fn(function* (netns) {
        const { apply, one } = yield* linksIn(netns)
        for (let round = 0; round < 3; round++) {
          yield* apply(tap("vmt1"))
          assert.isNotNull(yield* one("vmt1"))
          yield* apply(deleteLink("vmt1"))
          assert.isNull(yield* one("vmt1"))
        }
      })
    )
  )

  it.effect(
    "a name never finds another that it begins, nor by pattern, keyword or index",
    inNetns(
      Effect.fn(function* (netns) {
        const { apply, find } = yield* linksIn(netns)
        yield* apply(tap("vmt10"), tap("vmt1x"))
        const absent = [
          "vmt1",
          "vmt1*",
          "vmt?0",
          "vmt10 ",
          "VMT10",
          "2",
          "if2",
          "",
          "vmt10\n",
          "../vmt10",
          ...hostileNames
        ]
        for (const name of absent) assert.deepStrictEqual(yield* find(name), [null], JSON.stringify(name))
        assert.deepStrictEqual((yield* find(...absent, "vmt10")).at(-1)?.link, "vmt10")
      })
    )
  )

  it.effect(
    "links of others are found and listed exactly, whatever their names",
    inNetns(
      Effect.fn(function* (netns) {
        const { apply, find, observe } = yield* linksIn(netns)
        const { plantLink } = yield* KernelFixture
        for (const link of hostileNames) yield* plantLink(netns, { link, alias: `alias of ${link}` })
        const found = yield* find(...hostileNames)
        assert.deepStrictEqual(
          found.map((link) => [link?.link, link?.alias]),
          hostileNames.map((name) => [name, `alias of ${name}`])
        )
        assert.includeMembers(
          (yield* observe).links.map(({ link }) => link),
          hostileNames
        )
        yield* apply(deleteLink("a*"))
        assert.deepStrictEqual(
          (yield* find(...hostileNames)).map((link) => link?.link ?? null),
          hostileNames.map((name) => (name === "a*" ? null : name))
        )
      })
    )
  )

  it.effect(
    "aliases of others are read exactly, whatever their text",
    inNetns(
      Effect.fn(function* (netns) {
        const { find, observe } = yield* linksIn(netns)
        const { plantLink } = yield* KernelFixture
        const names = hostileTexts.map((_, i) => `other${i}`)
        for (const [i, alias] of hostileTexts.entries()) yield* plantLink(netns, { link: names[i]!, alias })
        const aliases = (yield* find(...names)).map((link) => link?.alias)
        assert.deepStrictEqual(aliases, hostileTexts)
        const listed = (yield* observe).links.filter(({ link }) => link.startsWith("other"))
        assert.deepStrictEqual(
          listed.map(({ alias }) => alias),
          hostileTexts
        )
      })
    )
  )
}
