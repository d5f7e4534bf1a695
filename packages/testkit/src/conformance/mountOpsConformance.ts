import { assert, layer } from "@effect/vitest"
import { MountOps, type ResolverMount } from "@vmnet/core"
import { Effect, type Layer } from "effect"
import { MountFixture, type RootfsShape } from "./MountFixture.ts"
import { mountRefusals } from "./mountRefusals.ts"
import { type MountTests, planned } from "./mountsIn.ts"
import { refused } from "./expectations.ts"

const findTag = Effect.fnUntraced(function* (mount: ResolverMount) {
  return (yield* (yield* MountOps).find(mount))._tag
})

const dirname = (path: string): string => path.slice(0, path.lastIndexOf("/"))

const life = (it: MountTests): void => {
  for (const resolvConf of ["file", "absent"] as const satisfies ReadonlyArray<RootfsShape["resolvConf"]>) {
    it.effect(`mounts where there is ${resolvConf === "file" ? "a file" : "none"}, and leaves no trace`, () =>
      Effect.gen(function* () {
        const { mount: make, unmount } = yield* MountOps
        const fixture = yield* MountFixture
        const mount = yield* planned({ resolvConf })
        const before = yield* fixture.picture
        assert.strictEqual(yield* findTag(mount), "Absent")
        yield* make(mount)
        assert.strictEqual(yield* findTag(mount), "Present")
        assert.strictEqual(yield* fixture.content(mount.rootfs.path), mount.content)
        assert.notDeepEqual(yield* fixture.picture, before)
        yield* unmount(mount)
        assert.strictEqual(yield* findTag(mount), "Absent")
        assert.isNull(yield* fixture.content(mount.rootfs.path))
        assert.deepStrictEqual(yield* fixture.picture, before)
      })
    )
  }

  it.effect("is strict: once mounted it exists, once unmounted it is missing", () =>
    Effect.gen(function* () {
      const { mount: make, unmount } = yield* MountOps
      const mount = yield* planned()
      yield* refused(unmount(mount), "Missing")
      yield* make(mount)
      yield* refused(make(mount), "Exists")
      assert.strictEqual(yield* findTag(mount), "Present")
      yield* unmount(mount)
      yield* refused(unmount(mount), "Missing")
    })
  )

  it.effect("the same rootfs is found under the same identity, another one under another", () =>
    Effect.gen(function* () {
      const { rootfs } = yield* MountOps
      const fixture = yield* MountFixture
      const path = yield* fixture.rootfs()
      const found = yield* rootfs(path)
      assert.deepStrictEqual(yield* rootfs(path), found)
      const other = yield* rootfs(yield* fixture.rootfs())
      assert.notStrictEqual(other.identity, found.identity)
      assert.strictEqual(other.namespace, found.namespace)
    })
  )

  it.effect("several mounts do not disturb one another", () =>
    Effect.gen(function* () {
      const { mount: make, unmount } = yield* MountOps
      const { content } = yield* MountFixture
      const [one, two] = [yield* planned({}, "nameserver 192.0.2.1\n"), yield* planned({}, "nameserver 192.0.2.2\n")]
      yield* make(one)
      yield* make(two)
      yield* unmount(one)
      assert.isNull(yield* content(one.rootfs.path))
      assert.strictEqual(yield* content(two.rootfs.path), two.content)
      yield* unmount(two)
    })
  )
}

const others = (it: MountTests): void => {
  it.effect("what somebody has unmounted is there in part, until the rest is taken back", () =>
    Effect.gen(function* () {
      const { mount: make, unmount } = yield* MountOps
      const fixture = yield* MountFixture
      const mount = yield* planned({ resolvConf: "absent" })
      const before = yield* fixture.picture
      yield* make(mount)
      yield* fixture.unmount(mount.rootfs.path)
      assert.strictEqual(yield* findTag(mount), "Partial")
      yield* unmount(mount)
      assert.deepStrictEqual(yield* fixture.picture, before)
    })
  )

  it.effect("a mount on top is left there, and keeps ours", () =>
    Effect.gen(function* () {
      const { mount: make, unmount } = yield* MountOps
      const fixture = yield* MountFixture
      const mount = yield* planned()
      const before = yield* fixture.picture
      yield* make(mount)
      yield* fixture.cover(mount.rootfs.path)
      const covered = yield* fixture.picture
      assert.strictEqual(yield* findTag(mount), "Covered")
      yield* refused(unmount(mount), "Busy")
      assert.deepStrictEqual(yield* fixture.picture, covered)
      yield* fixture.unmount(mount.rootfs.path)
      assert.strictEqual(yield* findTag(mount), "Present")
      yield* unmount(mount)
      assert.deepStrictEqual(yield* fixture.picture, before)
    })
  )

  it.effect("mounts are listed by where their files are, as they were made, until they are unmounted", () =>
    Effect.gen(function* () {
      const { list, mount: make, unmount } = yield* MountOps
      const fixture = yield* MountFixture
      const [one, two] = [yield* planned({}, "nameserver 192.0.2.1\n"), yield* planned()]
      const parent = dirname(one.directory)
      const ours = Effect.map(list(parent), (all) =>
        all.filter(({ directory }) => [one.directory, two.directory].includes(directory))
      )
      assert.deepStrictEqual(yield* ours, [])
      yield* make(one)
      yield* make(two)
      assert.sameDeepMembers([...(yield* ours)], [one, two])
      assert.deepStrictEqual(yield* list(`${parent}/elsewhere`), [])
      assert.deepStrictEqual(yield* list(dirname(parent)), [])
      yield* fixture.cover(two.rootfs.path)
      assert.sameDeepMembers(
        (yield* ours).map(({ directory }) => directory),
        [one.directory, two.directory]
      )
      yield* fixture.unmount(two.rootfs.path)
      yield* unmount(one)
      assert.deepStrictEqual(yield* ours, [two])
      yield* unmount(two)
      assert.deepStrictEqual(yield* ours, [])
    })
  )

  it.effect("a rootfs that is deleted takes its mount with it, and the rest can be taken back", () =>
    Effect.gen(function* () {
      const { mount: make, unmount } = yield* MountOps
      const fixture = yield* MountFixture
      const mount = yield* planned()
      yield* make(mount)
      yield* fixture.remove(mount.rootfs.path)
      assert.strictEqual(yield* findTag(mount), "Partial")
      yield* unmount(mount)
      assert.strictEqual(yield* findTag(mount), "Absent")
    })
  )
}

/** What every `MountOps` must do. Call it at the top of a test file; the layer is built once for all its tests. */
export const mountOpsConformance = <E>(
  name: string,
  makeLayer: () => Layer.Layer<MountOps | MountFixture, E>
): void => {
  layer(makeLayer(), { excludeTestServices: true })(`MountOps: ${name}`, (it) => {
    life(it)
    others(it)
    mountRefusals(it)
  })
}
