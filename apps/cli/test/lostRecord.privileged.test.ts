import { assert, layer } from "@effect/vitest"
import { HostSnapshot, PrivateHost } from "@vmnet/testkit"
import { Effect, Layer } from "effect"
import { execFileSync, spawnSync } from "node:child_process"
import { rmSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import { makeBundle } from "./support/bundle.ts"

const bundle = Effect.acquireRelease(Effect.promise(makeBundle), ({ remove }) => Effect.sync(remove))

const env = { PATH: "/usr/sbin:/usr/bin:/sbin:/bin", NODE_DISABLE_COMPILE_CACHE: "1" }

/** Files of ledgers are no part of the host: what is in the kernel is compared. */
const snapshot = HostSnapshot.take({ stateDirectories: [] })

/** The program with a configuration of this text. */
const vmnetOf = Effect.map(bundle, ({ directory, program }) => (text: string) => {
  const config = join(directory, "config.yaml")
  writeFileSync(config, text)
  return (...argv: ReadonlyArray<string>): string =>
    execFileSync(process.execPath, [program, "--config", config, ...argv], { env, encoding: "utf8" })
})

const loseRecord = (): void => {
  for (const suffix of ["", "-wal", "-shm"]) rmSync(`/run/vmnet/ledger.db${suffix}`, { force: true })
}

/** A device whose flag somebody has set, and that a change of `ip_forward` would take along. */
const otherDevice = Effect.acquireRelease(
  Effect.sync(() => {
    execFileSync("ip", ["link", "add", "other0", "type", "bridge"])
    writeFileSync("/proc/sys/net/ipv4/conf/other0/forwarding", "1")
  }),
  () => Effect.sync(() => void execFileSync("ip", ["link", "delete", "other0"]))
)

/** The register on a file system that takes no writes. */
const readOnly = Effect.acquireRelease(
  Effect.sync(() => {
    execFileSync("mount", ["--bind", "/run/vmnet/host", "/run/vmnet/host"])
    execFileSync("mount", ["-o", "remount,bind,ro", "/run/vmnet/host"])
  }),
  () => Effect.sync(() => void execFileSync("umount", ["/run/vmnet/host"]))
)

/** VMs of every backend that works on the host. */
const guests = ["bridge", "netns", "tap"]

/** A dozen starts of the program, on a machine that is busy. */
const patience = 120_000

layer(Layer.orDie(PrivateHost.layer()), { timeout: patience })("the program whose record is deleted", (it) => {
  for (const forwarding of ["global", "per-interface"]) {
    it.effect(
      `leaves the host as it was after down --all (forwarding: ${forwarding})`,
      () =>
        Effect.gen(function* () {
          const { program } = yield* bundle
          const vmnet = (yield* vmnetOf)(`forwarding: ${forwarding}\n`)
          yield* otherDevice
          const before = yield* snapshot
          for (const backend of guests) vmnet("up", `vm-${backend}`, "--backend", backend)
          const during = yield* snapshot
          loseRecord()
          assert.isNotEmpty(JSON.parse(vmnet("status", "--json")).sysctls)
          const { status, stdout } = spawnSync(process.execPath, [program, "check", "--json"], {
            env,
            encoding: "utf8"
          })
          assert.deepStrictEqual(
            [status, JSON.parse(stdout).drift.map((one: { detail: string; vm: string }) => `${one.vm}: ${one.detail}`)],
            [8, guests.map((name) => `vm-${name}: its record was lost: vmnet down vm-${name} takes it down`)]
          )
          assert.deepStrictEqual(HostSnapshot.diff(during, yield* snapshot), [])
          assert.strictEqual(JSON.parse(vmnet("down", "--all", "--json")).vms.length, guests.length)
          assert.deepStrictEqual(HostSnapshot.diff(before, yield* snapshot), [])
        }),
      patience
    )
  }

  it.effect(
    "finds what it holds in a register that takes no writes",
    () =>
      Effect.gen(function* () {
        const vmnet = (yield* vmnetOf)("")
        const before = yield* snapshot
        vmnet("up", "vm1")
        loseRecord()
        const status = yield* Effect.scoped(Effect.map(readOnly, () => vmnet("status", "--json")))
        const { lost, sysctls } = JSON.parse(status)
        assert.deepStrictEqual([lost, sysctls.length], [{ vms: ["vm1"], notes: [] }, 2])
        vmnet("down", "vm1")
        assert.deepStrictEqual(HostSnapshot.diff(before, yield* snapshot), [])
      }),
    patience
  )
})
