import { assert, layer } from "@effect/vitest"
import { HostSnapshot, PrivateHost } from "@vmnet/testkit"
import { Effect, Layer } from "effect"
import { execFileSync } from "node:child_process"
import { rmSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import { makeBundle } from "./support/bundle.ts"

const bundle = Effect.acquireRelease(Effect.promise(makeBundle), ({ remove }) => Effect.sync(remove))

const env = { PATH: "/usr/sbin:/usr/bin:/sbin:/bin", NODE_DISABLE_COMPILE_CACHE: "1" }

/** Files of ledgers are no part of the host: what is in the kernel is compared. */
const snapshot = HostSnapshot.take({ stateDirectories: [] })

const setForwarding = (device: string, value: string): void =>
  writeFileSync(`/proc/sys/net/ipv4/conf/${device}/forwarding`, value)

/** VMs of every backend that works on the host. */
const guests = ["bridge", "netns", "tap"]

layer(Layer.orDie(PrivateHost.layer()), { timeout: "60 seconds" })(
  "the bundled program with its record deleted",
  (it) => {
    for (const forwarding of ["global", "per-interface"]) {
      it.effect(`leaves the host as it was after down --all (forwarding: ${forwarding})`, () =>
        Effect.gen(function* () {
          const { directory, program } = yield* bundle
          const config = join(directory, "config.yaml")
          writeFileSync(config, `forwarding: ${forwarding}\n`)
          const vmnet = (...argv: ReadonlyArray<string>): string =>
            execFileSync(process.execPath, [program, "--config", config, ...argv], { env, encoding: "utf8" })
          // A flag that a change of ip_forward takes along, and that nobody but its owner has set.
          execFileSync("ip", ["link", "add", "other0", "type", "bridge"])
          setForwarding("other0", "1")
          const before = yield* snapshot
          for (const backend of guests) vmnet("up", `vm-${backend}`, "--backend", backend)
          const during = yield* snapshot
          for (const suffix of ["", "-wal", "-shm"]) rmSync(`/run/vmnet/ledger.db${suffix}`, { force: true })
          const { sysctls } = JSON.parse(vmnet("status", "--json"))
          assert.isNotEmpty(sysctls)
          assert.deepStrictEqual(JSON.parse(vmnet("check", "--json")), { drift: [] })
          assert.deepStrictEqual(HostSnapshot.diff(during, yield* snapshot), [])
          const { vms } = JSON.parse(vmnet("down", "--all", "--json"))
          assert.strictEqual(vms.length, guests.length)
          assert.deepStrictEqual(HostSnapshot.diff(before, yield* snapshot), [])
          execFileSync("ip", ["link", "delete", "other0"])
        })
      )
    }
  }
)
