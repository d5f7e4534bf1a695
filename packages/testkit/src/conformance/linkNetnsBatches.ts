import { assert } from "@effect/vitest"
import { hostNetns, namedNetns } from "@vmnet/core"
import { Effect, Result } from "effect"
import { refusedAt } from "./expectations.ts"
import { type LinkTests, inNetns, linksIn } from "./inNetns.ts"
import { KernelFixture } from "./KernelFixture.ts"
import { bridge, deleteLink, tap, up, veth } from "./linkChanges.ts"
import { addNetns, deleteNetns, netnsNames, owner } from "./netnsNames.ts"

/** Namespaces together with other changes of one call, and many at once. */
export const linkNetnsBatches = (it: LinkTests): void => {
  it.effect(
    "peers are born in namespaces that are made in the same call",
    inNetns(
      Effect.fn(function* (netns) {
        const { find, links, name } = yield* netnsNames
        const other = yield* (yield* KernelFixture).netnsName
        yield* links.apply(netns, [
          bridge("vmb1"),
          addNetns(name),
          veth("vmv1", namedNetns(name), "eth0"),
          up("vmv1"),
          addNetns(other, "vmnet:0a1b2c3d:vm2:7"),
          veth("vmv2", namedNetns(other), "eth0"),
          veth("vmv3", namedNetns(name), "eth1")
        ])
        assert.deepStrictEqual(yield* find(name, other), [{ alias: owner }, { alias: "vmnet:0a1b2c3d:vm2:7" }])
        const here = (yield* (yield* linksIn(netns)).observe).links.map(({ link }) => link)
        assert.includeMembers(here, ["vmb1", "vmv1", "vmv2", "vmv3"])
        const [one, two] = [yield* linksIn(namedNetns(name)), yield* linksIn(namedNetns(other))]
        const ends = [...(yield* one.find("eth0", "eth1")), ...(yield* two.find("eth0", "eth1"))]
        assert.deepStrictEqual(
          ends.map((link) => link?.type ?? null),
          ["veth", "veth", "veth", null]
        )
      })
    )
  )

  it.effect(
    "a call stops at the change that fails, tells which, and leaves the namespaces before it tagged",
    inNetns(
      Effect.fn(function* (netns) {
        const { find, links, name } = yield* netnsNames
        const { netnsName } = yield* KernelFixture
        const [later, last] = [yield* netnsName, yield* netnsName]
        const { one } = yield* linksIn(netns)
        const inTheWay = [addNetns(name), tap("vmt1"), tap("vmt1"), addNetns(later)]
        yield* refusedAt(links.apply(netns, inTheWay), "Exists", 2)
        yield* refusedAt(links.apply(netns, [bridge("vmb1"), addNetns(name), addNetns(later)]), "Exists", 1)
        yield* refusedAt(links.apply(netns, [deleteLink("vmb1"), deleteNetns(later), addNetns(last)]), "Missing", 1)
        assert.deepStrictEqual(yield* find(name, later, last), [{ alias: owner }, null, null])
        assert.deepStrictEqual([(yield* one("vmt1"))?.type, yield* one("vmb1")], ["tun", null])
      })
    )
  )

  it.effect("on the host itself no peer is born but in what is there at that moment", () =>
    Effect.gen(function* () {
      const { apply, find, name } = yield* netnsNames
      const here = yield* linksIn(hostNetns)
      yield* apply(addNetns(name), veth("vmvc1", namedNetns(name), "eth0"), deleteLink("vmvc1"))
      assert.deepStrictEqual(yield* find(name), [{ alias: owner }])
      const changes = [deleteNetns(name), veth("vmvc1", namedNetns(name), "eth0"), addNetns(name)]
      yield* refusedAt(apply(...changes), "Missing", 1)
      assert.isNull(yield* here.one("vmvc1"))
      assert.deepStrictEqual(yield* find(name), [null])
    })
  )

  it.effect("of ten that make the same namespace at once exactly one succeeds", () =>
    Effect.gen(function* () {
      const { apply, find, name } = yield* netnsNames
      const attempts = Array.from({ length: 10 }, (_, i) => Effect.result(apply(addNetns(name, `${owner}${i}`))))
      const results = yield* Effect.all(attempts, { concurrency: "unbounded" })
      assert.strictEqual(results.filter(Result.isSuccess).length, 1)
      for (const lost of results.filter(Result.isFailure)) assert.strictEqual(lost.failure.reason, "Exists")
      const winner = results.findIndex(Result.isSuccess)
      assert.deepStrictEqual(yield* find(name), [{ alias: `${owner}${winner}` }])
    })
  )

  it.effect(
    "twenty are made at once, each with its own link, and deleted at once",
    inNetns(
      Effect.fn(function* (netns) {
        const { find, links } = yield* netnsNames
        const { netnsName } = yield* KernelFixture
        const all = yield* Effect.all(Array.from({ length: 20 }, () => netnsName))
        const attach = (name: string, i: number) =>
          links.apply(netns, [
            addNetns(name, `vmnet:0a1b2c3d:vm${i}:1`),
            veth(`vmv${i}`, namedNetns(name), "eth0"),
            up(`vmv${i}`)
          ])
        yield* Effect.all(all.map(attach), { concurrency: "unbounded" })
        const aliases = all.map((_, i) => ({ alias: `vmnet:0a1b2c3d:vm${i}:1` }))
        assert.deepStrictEqual(yield* find(...all), aliases)
        for (const name of all) {
          assert.deepInclude(yield* (yield* linksIn(namedNetns(name))).one("eth0"), { type: "veth" })
        }
        const detach = (name: string, i: number) => links.apply(netns, [deleteLink(`vmv${i}`), deleteNetns(name)])
        yield* Effect.all(all.map(detach), { concurrency: "unbounded" })
        assert.deepStrictEqual(
          yield* find(...all),
          all.map(() => null)
        )
      })
    )
  )
}
