import { assert, it } from "@effect/vitest"
import { MountOps, type ResolverMount } from "@vmnet/core"
import { Effect, Result } from "effect"
import { spawn } from "node:child_process"
import { once } from "node:events"
import { existsSync } from "node:fs"
import { join } from "node:path"
import { fileURLToPath } from "node:url"
import { hostFiles } from "../support/hostFiles.ts"
import { makeRootfs, mountTable } from "../support/mountFixture.ts"
import { base, layerMount, leavesTheHost, plan } from "../support/mounting.ts"
import { run } from "../support/programs.ts"

const script = fileURLToPath(new URL("../support/scripts/swap.ts", import.meta.url))

/** A guest at work until it has done all its rounds; from another mount namespace nothing is busy for it. */
const swapping = Effect.fnUntraced(function* (what: "etc" | "file", rootfs: string, own: boolean) {
  const argv = [process.execPath, script, what, rootfs, "60000"] as const
  const [program, ...args] = own ? (["unshare", "--mount", ...argv] as const) : argv
  const child = yield* Effect.acquireRelease(
    Effect.promise(async () => {
      const child = spawn(program, args, { stdio: ["ignore", "pipe", "inherit"] })
      await once(child.stdout, "data")
      return child
    }),
    (child) =>
      Effect.promise(async () => {
        if (child.exitCode !== null || child.signalCode !== null) return
        const gone = once(child, "exit")
        child.kill("SIGKILL")
        await gone
      })
  )
  return {
    isOver: () => child.exitCode !== null,
    end: Effect.promise(async () => child.exitCode ?? once(child, "exit"))
  }
})

/** Every mount there is that was not there before: ours, in the guest's directory, or on our own file. */
const strayMounts = (before: ReadonlyArray<string>, directory: string): ReadonlyArray<string> =>
  mountTable().filter((line) => !before.includes(line) && !(line.split(" ")[2] ?? "").startsWith(`${directory}/`))

/** As a container host has it: the host's own file is a mount, of just the name that ours has. */
const mountedHostFile = Effect.acquireRelease(
  Effect.sync(() => run("mount", ["--bind", "/etc/resolv.conf", "/etc/resolv.conf"])),
  () => Effect.sync(() => run("umount", ["/etc/resolv.conf"]))
)

/** As `down` does it: until it is gone, however often the guest is in between. */
const takeBack = Effect.fnUntraced(function* (mount: ResolverMount) {
  const { find, unmount } = yield* MountOps
  for (let n = 0; n < 20; n++) {
    if ((yield* find(mount))._tag === "Absent") return
    yield* Effect.result(unmount(mount))
  }
})

for (const what of ["etc", "file"] as const) {
  for (const own of [false, true]) {
    it.live(
      `a guest that swaps its ${what} for a link${own ? " behind our back" : ""} gets nothing of the host`,
      () =>
        leavesTheHost(
          Effect.gen(function* () {
            const { mount, rootfs, unmount } = yield* MountOps
            const directory = yield* base
            const path = join(directory, "rootfs")
            makeRootfs(path)
            const { path: _, ...found } = yield* rootfs(path)
            yield* mountedHostFile
            const [files, table] = [hostFiles(), mountTable()]
            const guest = yield* swapping(what, path, own)
            const outcomes = { mounted: 0, refused: 0 }
            const made: Array<ResolverMount> = []
            for (let n = 0; n < 120 && !guest.isOver(); n++) {
              const wanted: ResolverMount = {
                rootfs: { path, ...found },
                directory: join(directory, `state-${n}`),
                content: "nameserver 192.0.2.53\n"
              }
              made.push(wanted)
              const answer = yield* Effect.result(mount(wanted))
              outcomes[Result.isSuccess(answer) ? "mounted" : "refused"]++
              assert.deepStrictEqual(strayMounts(table, directory), [], "mounted outside of the rootfs")
              assert.deepStrictEqual(hostFiles(), files)
              yield* Effect.result(unmount(wanted))
              assert.deepStrictEqual(hostFiles(), files)
              assert.isTrue(
                table.every((line) => mountTable().includes(line)),
                "a mount of the host is gone"
              )
            }
            yield* guest.end
            for (const one of made) yield* takeBack(one)
            assert.deepStrictEqual(mountTable(), table)
            assert.isFalse(made.some((one) => existsSync(one.directory)))
            assert.isAbove(outcomes.refused, 0, "the guest never came in between")
            assert.isAbove(outcomes.mounted, 0, "the guest was always in between")
          })
        ).pipe(Effect.provide(layerMount)),
      60_000
    )
  }
}

it.live("after the race a mount works as ever", () =>
  leavesTheHost(
    Effect.gen(function* () {
      const { mount, unmount } = yield* MountOps
      const directory = yield* base
      makeRootfs(join(directory, "rootfs"))
      const planned = yield* plan(directory, join(directory, "rootfs"))
      yield* mount(planned)
      yield* unmount(planned)
    })
  ).pipe(Effect.provide(layerMount))
)
