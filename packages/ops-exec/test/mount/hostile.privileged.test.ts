import { assert, describe, it } from "@effect/vitest"
import { MountOps } from "@vmnet/core"
import { Effect } from "effect"
import { linkSync, readFileSync, symlinkSync, unlinkSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import { makeRootfs, mountTable, ownContent } from "../support/mountFixture.ts"
import { base, layerMount, leavesTheHost, plan } from "../support/mounting.ts"
import { run } from "../support/programs.ts"

/** What a guest may have made of its own rootfs, and what is said of it. */
const hostile: ReadonlyArray<readonly [title: string, make: (rootfs: string) => void, words: RegExp]> = [
  ["etc is a link to the host's", (path) => makeRootfs(path, { etc: "symlink" }), /its etc is a symbolic link/],
  ["the file is a link to /etc/passwd", (path) => makeRootfs(path, { resolvConf: "symlink" }), /is a symbolic link/],
  ...["/etc/shadow", "../run/systemd/resolve/stub-resolv.conf", "resolv.conf"].map(
    (target) =>
      [
        `the file is a link to ${target}`,
        (path: string) => {
          makeRootfs(path, { resolvConf: "absent" })
          symlinkSync(target, join(path, "etc/resolv.conf"))
        },
        /its etc\/resolv\.conf is a symbolic link, which is not followed: remove it there/
      ] as const
  ),
  [
    "the file is a FIFO",
    (path) => {
      makeRootfs(path, { resolvConf: "absent" })
      run("mkfifo", [join(path, "etc/resolv.conf")])
    },
    /is no regular file/
  ],
  [
    "the file is a device",
    (path) => {
      makeRootfs(path, { resolvConf: "absent" })
      run("mknod", [join(path, "etc/resolv.conf"), "c", "1", "3"])
    },
    /is no regular file/
  ]
]

describe("a hostile rootfs", () => {
  for (const [title, make, words] of hostile) {
    it.effect(`where ${title} is refused, and the host stays as it is`, () =>
      leavesTheHost(
        Effect.gen(function* () {
          const path = join(yield* base, "rootfs")
          make(path)
          const error = yield* Effect.flip(Effect.flatMap(MountOps, ({ rootfs }) => rootfs(path)))
          assert.deepStrictEqual([error.reason, words.test(error.message)], ["Invalid", true], error.message)
        })
      ).pipe(Effect.provide(layerMount))
    )
  }

  it.effect("with links everywhere else changes nothing by them", () =>
    leavesTheHost(
      Effect.gen(function* () {
        const { mount, unmount } = yield* MountOps
        const directory = yield* base
        const path = join(directory, "rootfs")
        makeRootfs(path, { resolvConf: "absent" })
        for (const name of ["tmp", "run", "var", "proc"]) symlinkSync(`/${name}`, join(path, name))
        for (const name of ["mtab", "resolv.conf.tmp", "hosts"]) symlinkSync("/etc/passwd", join(path, "etc", name))
        const planned = yield* plan(directory, path)
        yield* mount(planned)
        assert.strictEqual(readFileSync(join(path, "etc/resolv.conf"), "utf8"), planned.content)
        assert.throws(() => writeFileSync(join(path, "etc/resolv.conf"), "x"), /EROFS/)
        yield* unmount(planned)
      })
    ).pipe(Effect.provide(layerMount))
  )

  it.effect("whose file is the host's own inode hides it from nobody else", () =>
    leavesTheHost(
      Effect.gen(function* () {
        const { mount, unmount } = yield* MountOps
        const directory = yield* base
        const path = join(directory, "rootfs")
        makeRootfs(path, { resolvConf: "absent" })
        const other = join(directory, "of-the-host")
        writeFileSync(other, "secret\n")
        linkSync(other, join(path, "etc/resolv.conf"))
        const planned = yield* plan(directory, path)
        yield* mount(planned)
        assert.strictEqual(readFileSync(other, "utf8"), "secret\n")
        yield* unmount(planned)
        assert.strictEqual(readFileSync(join(path, "etc/resolv.conf"), "utf8"), "secret\n")
      })
    ).pipe(Effect.provide(layerMount))
  )

  it.effect("that is the host's own root or etc under another name is refused", () =>
    leavesTheHost(
      Effect.gen(function* () {
        const { rootfs } = yield* MountOps
        const path = join(yield* base, "rootfs")
        makeRootfs(path)
        const bound = (source: string, target: string) =>
          Effect.acquireRelease(
            Effect.sync(() => run("mount", ["--bind", source, target])),
            () => Effect.sync(() => run("umount", [target]))
          )
        for (const own of ["/", "/../", "/proc/self/root"]) {
          assert.match((yield* Effect.flip(rootfs(own))).message, /the host's own root/, own)
        }
        yield* bound("/etc", join(path, "etc"))
        assert.match((yield* Effect.flip(rootfs(path))).message, /its etc is the host's own/)
        yield* bound("/", path)
        assert.match((yield* Effect.flip(rootfs(path))).message, /it is the host's own root/)
      })
    ).pipe(Effect.provide(layerMount))
  )
})

describe("a rootfs", () => {
  const names = ["with space", "line\nbreak", "tab\tand\\040octal", "Grüße-日本-🐧", "#$(id)'\"", "-o remount"]
  for (const name of names) {
    it.effect(`called ${JSON.stringify(name)} is found again by what the kernel says`, () =>
      leavesTheHost(
        Effect.gen(function* () {
          const { mount, find, unmount } = yield* MountOps
          const directory = yield* base
          const path = join(directory, name)
          makeRootfs(path)
          const planned = yield* plan(directory, path)
          assert.strictEqual(planned.rootfs.path, path)
          yield* mount(planned)
          assert.strictEqual((yield* find(planned))._tag, "Present")
          yield* unmount(planned)
          assert.strictEqual(readFileSync(join(path, "etc/resolv.conf"), "utf8"), ownContent)
        })
      ).pipe(Effect.provide(layerMount))
    )
  }

  it.effect("may be named by way of a link: what it leads to is the rootfs", () =>
    Effect.gen(function* () {
      const directory = yield* base
      makeRootfs(join(directory, "rootfs"))
      symlinkSync("rootfs", join(directory, "current"))
      const planned = yield* plan(directory, join(directory, "current"))
      assert.strictEqual(planned.rootfs.path, join(directory, "rootfs"))
    }).pipe(Effect.provide(layerMount), Effect.scoped)
  )

  it.effect("that is deleted by somebody else takes the mount with it", () =>
    leavesTheHost(
      Effect.gen(function* () {
        const { mount, find, unmount } = yield* MountOps
        const directory = yield* base
        const path = join(directory, "rootfs")
        makeRootfs(path)
        const planned = yield* plan(directory, path)
        yield* mount(planned)
        // From a mount namespace in which it is no mount point.
        run("unshare", ["--mount", "sh", "-c", 'umount "$1/etc/resolv.conf"; rm -r "$1"', "sh", path])
        assert.strictEqual((yield* find(planned))._tag, "Partial")
        yield* unmount(planned)
        assert.strictEqual((yield* find(planned))._tag, "Absent")
      })
    ).pipe(Effect.provide(layerMount))
  )

  it.effect("keeps the file that was made to mount on once the guest has written to it or replaced it", () =>
    leavesTheHost(
      Effect.gen(function* () {
        const { mount, unmount } = yield* MountOps
        const directory = yield* base
        for (const replace of [false, true]) {
          const path = join(directory, `rootfs-${replace}`)
          const file = join(path, "etc/resolv.conf")
          makeRootfs(path, { resolvConf: "absent" })
          const planned = yield* plan(directory, path)
          yield* mount(planned)
          run("umount", [file])
          if (replace) unlinkSync(file)
          writeFileSync(file, replace ? "" : "nameserver 192.0.2.1\n")
          yield* unmount(planned)
          assert.strictEqual(readFileSync(file, "utf8"), replace ? "" : "nameserver 192.0.2.1\n")
        }
      })
    ).pipe(Effect.provide(layerMount))
  )

  it.effect("may be in a place whose mounts others see: they see it closed, and see it go", () =>
    leavesTheHost(
      Effect.gen(function* () {
        const { mount, find, unmount } = yield* MountOps
        const directory = yield* base
        const shared = join(directory, "shared")
        run("mkdir", [shared])
        yield* Effect.acquireRelease(
          Effect.sync(() => {
            run("mount", ["--bind", shared, shared])
            run("mount", ["--make-shared", shared])
          }),
          () => Effect.sync(() => run("umount", ["--lazy", shared]))
        )
        makeRootfs(join(shared, "rootfs"))
        // A second place of the same peer group, in this very namespace.
        const peer = join(directory, "peer")
        run("mkdir", [peer])
        yield* Effect.acquireRelease(
          Effect.sync(() => run("mount", ["--bind", shared, peer])),
          () => Effect.sync(() => run("umount", ["--lazy", peer]))
        )
        const planned = yield* plan(directory, join(shared, "rootfs"))
        yield* mount(planned)
        const seen = mountTable().filter((line) => line.includes("rootfs/etc/resolv.conf"))
        assert.lengthOf(seen, 2)
        assert.strictEqual((yield* find(planned))._tag, "Present")
        for (const line of seen) assert.include(line, " ro,nosuid,nodev,noexec")
        yield* unmount(planned)
        assert.deepStrictEqual(
          mountTable().filter((line) => line.includes("rootfs/etc/resolv.conf")),
          []
        )
      })
    ).pipe(Effect.provide(layerMount))
  )
})
