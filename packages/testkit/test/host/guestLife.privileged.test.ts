import { assert, layer } from "@effect/vitest"
import { Guest, HostSnapshot } from "@vmnet/testkit"
import { Effect } from "effect"
import { spawn } from "node:child_process"
import { chmodSync, mkdirSync, mkdtempSync, readdirSync, rmSync, symlinkSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { createInterface } from "node:readline"
import { BridgedHost, guestOf } from "./guestNetwork.ts"

/** A guest that is booted and not continued, because its card is given in QEMU's words. */
const bareCard = {
  address: "10.0.42.7/24",
  qemuArgs: ["-netdev", "tap,id=n0,ifname=tap0,script=no,downscript=no", "-device", "virtio-net-pci,netdev=n0,romfile="]
}

const temporaryDirectory = Effect.acquireRelease(
  Effect.sync(() => mkdtempSync(join(tmpdir(), "vmnet-guest-test-"))),
  (path) => Effect.sync(() => rmSync(path, { recursive: true }))
)

const isAlive = (pid: number): boolean => {
  try {
    return process.kill(pid, 0)
  } catch {
    return false
  }
}

const gone = (pid: number) =>
  Effect.promise(async () => {
    for (let tries = 0; tries < 200 && isAlive(pid); tries += 1) await new Promise((resolve) => setTimeout(resolve, 10))
    return !isAlive(pid)
  })

/** A process that boots a guest, tells its pid, and then does nothing. */
const program = `
  import { Effect } from "effect"
  import { Guest } from "@vmnet/testkit"
  const boot = Guest.boot(${JSON.stringify(guestOf(0))})
  await Effect.runPromise(Effect.scoped(Effect.andThen(boot, (guest) => {
    console.log(guest.pid)
    return Effect.never
  })))
`

layer(BridgedHost, { timeout: 120_000 })("a guest's life", (it) => {
  it.effect("ends with its scope, and leaves the host as it was", () =>
    Effect.gen(function* () {
      // Its first guest gives a TAP its carrier, and with it its link-local address.
      yield* Effect.scoped(Guest.boot(guestOf(0)))
      const before = yield* HostSnapshot.take()
      const during = yield* Effect.scoped(
        Effect.gen(function* () {
          const guest = yield* Guest.boot(guestOf(0))
          const lines = HostSnapshot.diff(before, yield* HostSnapshot.take())
          return { pid: guest.pid, lines }
        })
      )
      assert.isTrue(during.lines.some((line) => line.startsWith(`+ process ${during.pid} qemu-system-x86_64 `)))
      assert.isFalse(isAlive(during.pid))
      assert.deepStrictEqual(HostSnapshot.diff(before, yield* HostSnapshot.take()), [])
    })
  )

  it.effect("ends when it switches itself off", () =>
    Effect.gen(function* () {
      const guest = yield* Guest.boot(guestOf(0))
      yield* guest.shutdown
      assert.isFalse(isAlive(guest.pid))
      const error = yield* Effect.flip(guest.exec(["true"]))
      assert.include(error.message, "QEMU has ended")
    })
  )

  it.effect("ends with the process that booted it, even a killed one", () =>
    Effect.gen(function* () {
      const args = ["--input-type=module", "--eval", program]
      const child = spawn(process.execPath, args, { cwd: import.meta.dirname, stdio: ["ignore", "pipe", "inherit"] })
      const pid = yield* Effect.promise(
        () =>
          new Promise<number>((resolve) => createInterface(child.stdout).once("line", (line) => resolve(Number(line))))
      )
      assert.isTrue(isAlive(pid))
      child.kill("SIGKILL")
      assert.isTrue(yield* gone(pid))
    })
  )

  it.effect("does not begin on a device that is not there, and QEMU's words say so", () =>
    Effect.gen(function* () {
      const error = yield* Effect.flip(Guest.boot({ ...guestOf(0), device: "an/absent/tap" }))
      assert.include(error.message, "QEMU has ended")
      assert.include(error.message, "/dev/net/tun")
    })
  )

  it.effect("that does not boot in time is an error, and nothing of it stays", () =>
    Effect.gen(function* () {
      const before = yield* HostSnapshot.take()
      const error = yield* Effect.flip(Effect.scoped(Guest.boot({ ...bareCard, bootTimeout: 400 })))
      assert.include(error.message, "cannot boot a guest: not ready after 400 ms")
      assert.deepStrictEqual(HostSnapshot.diff(before, yield* HostSnapshot.take()), [])
    })
  )

  it.effect("shows in its errors what its kernel said last", () =>
    Effect.gen(function* () {
      const guest = yield* Guest.boot(guestOf(0))
      const script = "echo '<0>the kernel is not well' >/dev/kmsg; exec sleep 60"
      const error = yield* Effect.flip(guest.exec(["sh", "-c", script], { timeout: 1_000 }))
      assert.include(error.message, "the guest's console ends with:")
      assert.include(error.message, "the kernel is not well")
    })
  )

  it.effect("with a network that cannot be configured is an error that says why", () =>
    Effect.gen(function* () {
      const error = yield* Effect.flip(Effect.scoped(Guest.boot({ ...guestOf(0), gateway: "nowhere" })))
      assert.include(error.message, "cannot configure the guest's network")
      assert.include(error.message, "nowhere")
    })
  )

  it.effect("begins in an empty cache, also for two at once, and leaves nothing half-made there", () =>
    Effect.gen(function* () {
      const cacheDirectory = join(yield* temporaryDirectory, "cache")
      const boot = (index: 0 | 1) => Guest.boot({ ...guestOf(index), cacheDirectory })
      const [first] = yield* Effect.all([boot(0), boot(1)], { concurrency: 2 })
      const ping = yield* first.exec(["ping", "-c", "1", "-W", "3", "10.0.42.8"])
      assert.strictEqual(ping.exitCode, 0, ping.stdout)
      const files = readdirSync(cacheDirectory)
        .sort()
        .map((name) => name.replace(/[0-9a-f]{16}/, "HASH"))
      assert.deepStrictEqual(files, ["guest-HASH.state", "initramfs-HASH.cpio"])
    })
  )

  it.effect("does not begin from a cache that others can write", () =>
    Effect.gen(function* () {
      const directory = yield* temporaryDirectory
      const open = join(directory, "open")
      mkdirSync(open)
      chmodSync(open, 0o755)
      symlinkSync(directory, join(directory, "link"))
      const refusal = (cacheDirectory: string) =>
        Effect.map(Effect.flip(Guest.boot({ ...guestOf(0), cacheDirectory })), (error) => error.message)
      assert.include(yield* refusal(open), "others may enter it")
      assert.include(yield* refusal(join(directory, "link")), "it is not a directory")
    })
  )
})
