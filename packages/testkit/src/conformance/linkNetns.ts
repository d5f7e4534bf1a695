import { assert } from "@effect/vitest"
import { namedNetns } from "@vmnet/core"
import { Effect } from "effect"
import { refused, refusedAt } from "./expectations.ts"
import { type LinkTests, inNetns, linksIn } from "./inNetns.ts"
import { KernelFixture } from "./KernelFixture.ts"
import { tap, veth } from "./linkChanges.ts"
import { linkNetnsBatches } from "./linkNetnsBatches.ts"
import { addNetns, deleteNetns, netnsNames, owner } from "./netnsNames.ts"

/** Names no namespace of ours may have: paths, options, patterns, other alphabets, too long. */
const unusableNames = [
  "",
  ".",
  "..",
  "a/b",
  "../a",
  "/run/netns/a",
  "-h",
  "a b",
  "a..b",
  "A",
  "ä",
  "a\n",
  "a*",
  "$(x)",
  "a;b",
  "x".repeat(97)
]

const creation = (it: LinkTests): void => {
  it.effect("a namespace is made with a loopback that is up and tagged, and nothing else", () =>
    Effect.gen(function* () {
      const { apply, find, name } = yield* netnsNames
      assert.deepStrictEqual(yield* find(name), [null])
      yield* apply(addNetns(name))
      assert.deepStrictEqual(yield* find(name), [{ alias: owner }])
      const { links } = yield* (yield* linksIn(namedNetns(name))).observe
      assert.deepStrictEqual(
        links.map(({ addresses, alias, link, up }) => ({ addresses, alias, link, up })),
        [{ link: "lo", up: true, alias: owner, addresses: ["127.0.0.1/8"] }]
      )
    })
  )

  it.effect("a name that is taken is refused, whatever is behind it, which stays as it is", () =>
    Effect.gen(function* () {
      const fixture = yield* KernelFixture
      const { apply, find, name } = yield* netnsNames
      const [file, symlink, other] = [yield* fixture.netnsName, yield* fixture.netnsName, yield* fixture.netnsName]
      yield* apply(addNetns(name))
      yield* fixture.plantNetns(file, "file")
      yield* fixture.plantNetns(symlink, { symlink: name })
      yield* fixture.plantNetns(other, "netns")
      const before = yield* find(name, file, symlink, other)
      for (const taken of [name, file, symlink, other]) {
        yield* refusedAt(apply(addNetns(taken, "vmnet:0a1b2c3d:vm2:7")), "Exists", 0)
      }
      assert.deepStrictEqual(yield* find(name, file, symlink, other), before)
    })
  )

  it.effect("what is half made, or not ours, is told from what is", () =>
    Effect.gen(function* () {
      const fixture = yield* KernelFixture
      const { apply, find, name } = yield* netnsNames
      const [file, symlink, other] = [yield* fixture.netnsName, yield* fixture.netnsName, yield* fixture.netnsName]
      yield* apply(addNetns(name))
      yield* fixture.plantNetns(file, "file")
      yield* fixture.plantNetns(symlink, { symlink: name })
      yield* fixture.plantNetns(other, "netns")
      assert.deepStrictEqual(yield* find(symlink, "vmnet-conformance-absent", other, file, name), [
        { alias: null },
        null,
        { alias: "" },
        { alias: null },
        { alias: owner }
      ])
    })
  )

  it.effect("names that are none are refused as invalid, and never found", () =>
    Effect.gen(function* () {
      const { apply, find, name } = yield* netnsNames
      yield* apply(addNetns(name))
      for (const unusable of [...unusableNames, `../netns/${name}`, `./${name}`, `${name}/`]) {
        yield* refused(apply(addNetns(unusable)), "Invalid")
        yield* refused(apply(deleteNetns(unusable)), "Invalid")
        assert.deepStrictEqual(yield* find(unusable), [null], unusable)
      }
      for (const alias of ["", "x".repeat(256)]) yield* refused(apply(addNetns("vmnet-never", alias)), "Invalid")
      assert.deepStrictEqual(yield* find("vmnet-never", name), [null, { alias: owner }])
    })
  )
}

const deletion = (it: LinkTests): void => {
  it.effect("a deleted namespace is gone, deleting it again is missing, and its name is free", () =>
    Effect.gen(function* () {
      const { apply, find, name } = yield* netnsNames
      for (let round = 0; round < 3; round++) {
        yield* apply(addNetns(name, `${owner}${round}`))
        assert.deepStrictEqual(yield* find(name), [{ alias: `${owner}${round}` }])
        yield* apply(deleteNetns(name))
        assert.deepStrictEqual(yield* find(name), [null])
        yield* refusedAt(apply(deleteNetns(name)), "Missing", 0)
        yield* refused((yield* linksIn(namedNetns(name))).observe, "Missing")
      }
    })
  )

  it.effect("what is left of a namespace that was half made is deleted too, a symbolic link is not", () =>
    Effect.gen(function* () {
      const { netnsName, plantNetns } = yield* KernelFixture
      const { apply, find, name } = yield* netnsNames
      const [file, symlink] = [yield* netnsName, yield* netnsName]
      yield* apply(addNetns(name))
      yield* plantNetns(file, "file")
      yield* plantNetns(symlink, { symlink: name })
      yield* apply(deleteNetns(file))
      yield* refusedAt(apply(deleteNetns(symlink)), "Invalid", 0)
      assert.deepStrictEqual(yield* find(file, symlink, name), [null, { alias: null }, { alias: owner }])
      assert.isNotEmpty((yield* (yield* linksIn(namedNetns(name))).observe).links)
    })
  )

  it.effect(
    "its links go with it, and with them the ends of its veths elsewhere",
    inNetns(
      Effect.fn(function* (netns) {
        const { apply, name } = yield* netnsNames
        const here = yield* linksIn(netns)
        yield* apply(addNetns(name))
        yield* here.apply(veth("vmv1", namedNetns(name), "eth0"))
        yield* apply(deleteNetns(name))
        yield* eventually(here.one("vmv1"))
      })
    )
  )

  it.effect("a namespace with a process inside loses its name at once, and lives on as long as the process", () =>
    Effect.gen(function* () {
      const { apply, find, name } = yield* netnsNames
      yield* apply(addNetns(name))
      yield* (yield* linksIn(namedNetns(name))).apply(tap("tap0"))
      const process = yield* (yield* KernelFixture).process(namedNetns(name))
      yield* apply(deleteNetns(name))
      assert.deepStrictEqual(yield* find(name), [null])
      assert.deepInclude(yield* (yield* linksIn(process.netns)).one("tap0"), { type: "tun" })
      yield* apply(addNetns(name, "vmnet:0a1b2c3d:vm2:7"))
      assert.isNull(yield* (yield* linksIn(namedNetns(name))).one("tap0"))
      yield* process.end
      yield* refused((yield* linksIn(process.netns)).observe, "Missing")
      assert.deepStrictEqual(yield* find(name), [{ alias: "vmnet:0a1b2c3d:vm2:7" }])
    })
  )
}

/** What others delete in their own time: five seconds at most. */
const eventually = <A, E, R>(find: Effect.Effect<A | null, E, R>) =>
  Effect.gen(function* () {
    for (let attempt = 0; attempt < 500; attempt++) {
      if ((yield* find) === null) return
      yield* Effect.promise(() => new Promise((resolve) => setTimeout(resolve, 10)))
    }
    assert.fail("it is still there")
  })

/** Namespaces by name: made strictly, tagged, found by direct lookup, deleted. */
export const linkNetns = (it: LinkTests): void => {
  creation(it)
  deletion(it)
  linkNetnsBatches(it)

  it.effect("every name is listed while it is there, whoever's it is and whatever it leads to", () =>
    Effect.gen(function* () {
      const { plantNetns, netnsName } = yield* KernelFixture
      const { apply, links, name } = yield* netnsNames
      const [foreign, file, symlink] = [yield* netnsName, yield* netnsName, yield* netnsName]
      const listed = Effect.map(links.netnsNames, (all) =>
        [name, foreign, file, symlink].filter((one) => all.includes(one))
      )
      assert.deepStrictEqual(yield* listed, [])
      yield* apply(addNetns(name))
      yield* plantNetns(foreign, "netns")
      yield* plantNetns(file, "file")
      yield* plantNetns(symlink, { symlink: name })
      assert.deepStrictEqual(yield* listed, [name, foreign, file, symlink])
      const all = yield* links.netnsNames
      assert.strictEqual(new Set(all).size, all.length)
      yield* apply(deleteNetns(name))
      assert.deepStrictEqual(yield* listed, [foreign, file, symlink])
    })
  )
}
