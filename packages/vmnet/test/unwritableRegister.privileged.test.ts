import { assert, layer } from "@effect/vitest"
import { PrivateHost } from "@vmnet/testkit"
import { Layer } from "effect"
import { execFileSync } from "node:child_process"
import { readFileSync } from "node:fs"
import { createVmnet } from "vmnet"
import { onHost } from "./support/onHost.ts"

const forwards = () => readFileSync("/proc/sys/net/ipv4/ip_forward", "utf8").trim()

const remount = (how: "ro" | "rw") => execFileSync("mount", ["-o", `remount,${how}`, "/run/vmnet"])

layer(Layer.orDie(PrivateHost.layer()), { excludeTestServices: true, timeout: "120 seconds" })((it) => {
  it.effect(
    "where neither the record nor what installs tell one another can be written, down puts ip_forward back",
    () =>
      onHost([], async () => {
        const before = forwards()
        await (async () => {
          await using vmnet = createVmnet({ config: {} })
          await vmnet.up({ vm: "api", backend: "tap" })
        })()
        assert.deepStrictEqual([before, forwards()], ["0", "1"])
        remount("ro")
        try {
          await using vmnet = createVmnet({ config: {} })
          assert.strictEqual((await vmnet.down("api", { wait: true })).outcome, "removed")
          assert.strictEqual(forwards(), before)
        } finally {
          remount("rw")
        }
        await using vmnet = createVmnet({ config: {} })
        assert.strictEqual((await vmnet.down("api", { wait: true })).outcome, "removed")
        assert.deepStrictEqual([await vmnet.list(), (await vmnet.gc()).actions], [[], []])
      })
  )
})
