import { assert, layer } from "@effect/vitest"
import { HostSnapshot, PrivateHost } from "@vmnet/testkit"
import { Effect, Layer } from "effect"
import { type ChildProcess, spawn } from "node:child_process"
import { once } from "node:events"
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { makeBundle } from "./support/bundle.ts"

const bundle = Effect.acquireRelease(Effect.promise(makeBundle), ({ remove }) => Effect.sync(remove))

const env = { PATH: "/usr/sbin:/usr/bin:/sbin:/bin", NODE_DISABLE_COMPILE_CACHE: "1" }

interface Ran {
  readonly status: number | null
  readonly stdout: string
  readonly stderr: string
}

const ended = async (child: ChildProcess): Promise<Ran> => {
  let [stdout, stderr] = ["", ""]
  child.stdout?.setEncoding("utf8").on("data", (text: string) => (stdout += text))
  child.stderr?.setEncoding("utf8").on("data", (text: string) => (stderr += text))
  const [status] = (await once(child, "close")) as [number | null]
  return { status, stdout, stderr }
}

/** Whole directories as they are used: with the file, and without it. */
const world = Effect.gen(function* () {
  const { program, directory } = yield* bundle
  const base = yield* Effect.acquireRelease(
    Effect.sync(() => mkdtempSync(join(tmpdir(), "vmnet-rootfs-"))),
    (path) => Effect.sync(() => rmSync(path, { recursive: true }))
  )
  const config = join(base, "config.yaml")
  writeFileSync(config, "networks:\n  bridge: { dns: [198.51.100.53] }\n")
  const rootfs = (name: string, content?: string) => {
    mkdirSync(join(base, name, "etc"), { recursive: true })
    if (content !== undefined) writeFileSync(join(base, name, "etc/resolv.conf"), content)
    return join(base, name)
  }
  const argv = (...words: ReadonlyArray<string>) => [program, "--state-dir", join(directory, "state"), ...words]
  const start = (...words: ReadonlyArray<string>) => spawn(process.execPath, argv(...words), { env })
  const cli = (...words: ReadonlyArray<string>) => Effect.promise(() => ended(start(...words)))
  const ok = Effect.fnUntraced(function* (...words: ReadonlyArray<string>) {
    const ran = yield* cli(...words)
    assert.deepStrictEqual([ran.status, ran.stderr], [0, ""], words.join(" "))
    return ran.stdout === "" ? undefined : JSON.parse(ran.stdout)
  })
  const snapshot = HostSnapshot.take({ stateDirectories: [base] })
  return { argv, start, cli, ok, rootfs, snapshot, up: ok("up", "box", "--config", config) }
})

const unchanged = (before: HostSnapshot, after: HostSnapshot, words: string) =>
  assert.deepStrictEqual(HostSnapshot.diff(before, after), [], words)

const isDelay = (milliseconds: number) => new Promise((resolve) => setTimeout(resolve, milliseconds))

layer(PrivateHost.layer().pipe(Layer.orDie))("resolv-conf on a real kernel", (it) => {
  it.effect("mounts the VM's resolvers until down, in several rootfs directories", () =>
    Effect.gen(function* () {
      const { ok, rootfs, snapshot, up } = yield* world
      const [one, two] = [rootfs("one", "nameserver 192.0.2.1\n"), rootfs("two rootfs")]
      yield* ok("status")
      const before = yield* snapshot
      yield* up
      for (const path of [one, two]) {
        const answer = yield* ok("resolv-conf", "box", "--rootfs", path)
        assert.deepStrictEqual(answer.nameservers, ["198.51.100.53"])
        assert.include(readFileSync(join(path, "etc/resolv.conf"), "utf8"), "\nnameserver 198.51.100.53\n")
        assert.strictEqual(statSync(join(path, "etc/resolv.conf")).mode & 0o777, 0o644)
        assert.deepStrictEqual(yield* ok("resolv-conf", "box", "--rootfs", path), answer)
      }
      const mounts = HostSnapshot.diff(before, yield* snapshot).filter((line) => line.includes("mount"))
      assert.sameMembers([...mounts], [`+ mount ${one}/etc/resolv.conf`, `+ mount ${two}/etc/resolv.conf`])
      yield* ok("down", "box")
      unchanged(before, yield* snapshot, "after down")
      assert.strictEqual(readFileSync(join(one, "etc/resolv.conf"), "utf8"), "nameserver 192.0.2.1\n")
      assert.isFalse(existsSync(join(two, "etc/resolv.conf")))
    })
  )

  it.effect("killed at any moment, it is taken away by down", () =>
    Effect.gen(function* () {
      const { ok, rootfs, snapshot, start, up } = yield* world
      const path = rootfs("killed")
      yield* ok("status")
      const before = yield* snapshot
      const ends = { killed: 0, left: 0 }
      for (let delay = 0; delay < 42; delay += 3) {
        yield* up
        const child = start("resolv-conf", "box", "--rootfs", path, "-v")
        yield* Effect.promise(async () => {
          for await (const text of child.stderr) if (String(text).includes("create resolv conf")) break
          await isDelay(delay)
          child.kill("SIGKILL")
          if (child.exitCode === null && child.signalCode === null) await once(child, "exit")
        })
        if (child.signalCode === "SIGKILL") ends.killed++
        const left = HostSnapshot.diff(before, yield* snapshot)
        if (left.some((line) => line.includes("mount ") || line.includes("/etc/resolv.conf"))) ends.left++
        yield* ok("down", "box")
        unchanged(before, yield* snapshot, `killed after ${delay} ms`)
      }
      assert.isAbove(ends.killed, 5, "it was over before it was killed")
      assert.isAbove(ends.left, 2, "it was killed before it did anything")
    })
  )

  it.effect("in a mount namespace of its own it is that one's: down elsewhere says so until nobody lives there", () =>
    Effect.gen(function* () {
      const { argv, cli, ok, rootfs, snapshot, up } = yield* world
      const path = rootfs("elsewhere")
      yield* ok("status")
      const before = yield* snapshot
      yield* up
      const words = argv("resolv-conf", "box", "--rootfs", path)
      const script = '"$@" && echo done && exec sleep 60'
      const holder = spawn("unshare", ["--mount", "sh", "-c", script, "sh", process.execPath, ...words], { env })
      yield* Effect.promise(async () => {
        for await (const text of holder.stdout) if (String(text).includes("done")) return
      })
      assert.strictEqual(readFileSync(join(path, "etc/resolv.conf"), "utf8"), "", "it is not mounted here")
      const refused = yield* cli("down", "box", "--json")
      assert.strictEqual(refused.status, 1)
      assert.match(refused.stderr, /in another mount namespace, mnt:\[\d+\], where process \d+ lives/)
      assert.strictEqual((yield* cli("resolv-conf", "box", "--rootfs", path)).status, 4)
      yield* Effect.promise(async () => {
        const gone = once(holder, "exit")
        holder.kill("SIGKILL")
        await gone
      })
      yield* ok("down", "box")
      unchanged(before, yield* snapshot, "after down")
    })
  )
})
