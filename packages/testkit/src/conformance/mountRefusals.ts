import { assert } from "@effect/vitest"
import { MountOps, type OpsReason } from "@vmnet/core"
import { Effect } from "effect"
import { refused } from "./expectations.ts"
import { MountFixture, type RootfsShape } from "./MountFixture.ts"
import { type MountTests, planned } from "./mountsIn.ts"

const shapes: ReadonlyArray<readonly [RootfsShape, OpsReason]> = [
  [{ etc: "absent" }, "Missing"],
  [{ etc: "file" }, "Invalid"],
  [{ etc: "symlink" }, "Invalid"],
  [{ resolvConf: "symlink" }, "Invalid"],
  [{ resolvConf: "directory" }, "Invalid"]
]

/** Nothing is followed, and nothing is changed by refusing. */
export const mountRefusals = (it: MountTests): void => {
  for (const [shape, reason] of shapes) {
    it.effect(`a rootfs with ${JSON.stringify(shape)} is refused as ${reason}`, () =>
      Effect.gen(function* () {
        const { rootfs } = yield* MountOps
        const fixture = yield* MountFixture
        const path = yield* fixture.rootfs(shape)
        const before = yield* fixture.picture
        yield* refused(rootfs(path), reason)
        assert.deepStrictEqual(yield* fixture.picture, before)
      })
    )

    it.effect(`a rootfs that has ${JSON.stringify(shape)} by the time it is mounted in is refused too`, () =>
      Effect.gen(function* () {
        const { rootfs, mount, find } = yield* MountOps
        const fixture = yield* MountFixture
        const found = { ...(yield* planned()).rootfs, path: yield* fixture.rootfs(shape) }
        const before = yield* fixture.picture
        const wanted = { rootfs: found, directory: yield* fixture.directory, content: "nameserver 192.0.2.1\n" }
        yield* refused(mount(wanted), "Missing", "Invalid")
        assert.strictEqual((yield* find(wanted))._tag, "Absent")
        assert.deepStrictEqual(yield* fixture.picture, before)
        yield* refused(rootfs(found.path), reason)
      })
    )
  }

  it.effect("a path that leads nowhere is missing, and the host's own root is no guest's", () =>
    Effect.gen(function* () {
      const { rootfs } = yield* MountOps
      const fixture = yield* MountFixture
      yield* refused(rootfs(`${yield* fixture.rootfs()}/nowhere`), "Missing")
      yield* refused(rootfs("/"), "Invalid")
    })
  )

  it.effect("another directory under the same path is not mounted in", () =>
    Effect.gen(function* () {
      const { mount } = yield* MountOps
      const [one, two] = [yield* planned(), yield* planned()]
      yield* refused(mount({ ...one, rootfs: { ...one.rootfs, identity: two.rootfs.identity } }), "Missing")
    })
  )
}
