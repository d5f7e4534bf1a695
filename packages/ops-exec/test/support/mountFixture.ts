import { MountFixture, type RootfsShape } from "@vmnet/testkit/conformance"
import { Effect, Layer } from "effect"
import { execFileSync } from "node:child_process"
import {
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  rmSync,
  symlinkSync,
  writeFileSync
} from "node:fs"
import { join } from "node:path"

const run = (program: string, ...args: ReadonlyArray<string>) => execFileSync(program, args, { stdio: "pipe" })

const pointOf = (rootfs: string): string => join(rootfs, "etc", "resolv.conf")

/** What the file of a rootfs says when nothing is mounted on it. */
export const ownContent = "# the guest's own\n"

const put = (path: string, kind: NonNullable<RootfsShape["etc"]>, target: string): void => {
  if (kind === "directory") mkdirSync(path)
  if (kind === "file") writeFileSync(path, ownContent)
  if (kind === "symlink") symlinkSync(target, path)
}

/** A rootfs whose symbolic links lead to the host's own files. */
export const makeRootfs = (path: string, { etc = "directory", resolvConf = "file" }: RootfsShape = {}): void => {
  mkdirSync(path)
  put(join(path, "etc"), etc, "/etc")
  if (etc === "directory") put(pointOf(path), resolvConf, "/etc/passwd")
}

/** The mount table, without ids: those are never given twice. */
export const mountTable = (): ReadonlyArray<string> =>
  readFileSync("/proc/self/mountinfo", "utf8")
    .trimEnd()
    .split("\n")
    .map((line) => line.split(" ").slice(2).join(" "))

const walk = (path: string): ReadonlyArray<string> => {
  const stats = lstatSync(path)
  if (stats.isSymbolicLink()) return [`${path} -> ${readlinkSync(path)}`]
  if (stats.isFile()) return [`${path} ${(stats.mode & 0o777).toString(8)} ${readFileSync(path, "utf8")}`]
  return [path, ...readdirSync(path).flatMap((name) => walk(join(path, name)))]
}

const isMounted = (rootfs: string): boolean => mountTable().some((line) => line.includes(` ${pointOf(rootfs)} `))

const unmountAll = (rootfs: string): void => {
  while (isMounted(rootfs)) run("umount", "--lazy", pointOf(rootfs))
}

/** The guest's view: a file of ours is one that is mounted, and nobody can write to it. */
const content = (rootfs: string): string | null => {
  const line = mountTable().findLast((one) => one.includes(` ${pointOf(rootfs)} `))
  return line?.includes(" ro,nosuid,nodev,noexec") === true ? readFileSync(pointOf(rootfs), "utf8") : null
}

/** A place on the real kernel, below `/run` of the test's own mount namespace. */
export const mountFixture: Layer.Layer<MountFixture> = Layer.effect(
  MountFixture,
  Effect.gen(function* () {
    const base = yield* Effect.acquireRelease(
      Effect.sync(() => mkdtempSync("/run/vmnet-mounts-")),
      (path) => Effect.sync(() => rmSync(path, { recursive: true }))
    )
    let count = 0
    return MountFixture.of({
      rootfs: (shape) =>
        Effect.acquireRelease(
          Effect.sync(() => {
            const path = join(base, `rootfs-${++count}`)
            makeRootfs(path, shape)
            return path
          }),
          (path) =>
            Effect.sync(() => {
              unmountAll(path)
              rmSync(path, { recursive: true, force: true })
            })
        ),
      directory: Effect.sync(() => join(base, `state-${++count}`)),
      content: (rootfs) => Effect.sync(() => content(rootfs)),
      unmount: (rootfs) => Effect.sync(() => run("umount", pointOf(rootfs))),
      cover: (rootfs) => Effect.sync(() => run("mount", "--bind", "/etc/hostname", pointOf(rootfs))),
      remove: (rootfs) =>
        Effect.sync(() => {
          unmountAll(rootfs)
          rmSync(rootfs, { recursive: true })
        }),
      picture: Effect.sync(() => ({ files: walk(base), mounts: mountTable() }))
    })
  })
)
