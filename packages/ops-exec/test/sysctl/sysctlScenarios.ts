import { assert, layer } from "@effect/vitest"
import { hostNetns, type Netns, SysctlOps } from "@vmnet/core"
import { Effect, type Layer } from "effect"
import { namedNetns } from "../support/kernelFixture.ts"
import { inside, run } from "../support/programs.ts"

const ipForward = ["net", "ipv4", "ip_forward"]

/** What parameters are like on a real kernel beyond what all kernels agree on. */
export const sysctlScenarios = <E>(name: string, over: () => Layer.Layer<SysctlOps, E>): void =>
  layer(over(), { excludeTestServices: true })(name, (it) => {
    it.effect("of the host are those of this process's own network, and of nobody else's", () =>
      Effect.gen(function* () {
        const { forwarding, read, write } = yield* SysctlOps
        const elsewhere = yield* namedNetns
        yield* write(hostNetns, ipForward, "0")
        yield* write(hostNetns, ipForward, "1")
        assert.strictEqual(run("cat", ["/proc/sys/net/ipv4/ip_forward"]), "1\n")
        assert.strictEqual(yield* read(hostNetns, ipForward), "1")
        yield* write(elsewhere, ipForward, "0")
        assert.strictEqual(inside(elsewhere.path, "cat", "/proc/sys/net/ipv4/ip_forward"), "0\n")
        assert.strictEqual(yield* read(hostNetns, ipForward), "1")
        assert.deepInclude(yield* forwarding(hostNetns), { all: "1", default: "1", lo: "1" })
        assert.deepInclude(yield* forwarding(elsewhere), { all: "0" })
      })
    )

    it.effect("of the host are strict: missing keys, bad values, and a refusal name the parameter", () =>
      Effect.gen(function* () {
        const { read, write } = yield* SysctlOps
        const absent = ["net", "ipv4", "conf", "vmx1", "forwarding"]
        assert.isNull(yield* read(hostNetns, absent))
        const missing = yield* Effect.flip(write(hostNetns, absent, "1"))
        assert.deepInclude({ ...missing }, { family: "sysctl", reason: "Missing" })
        assert.include(missing.message, "net.ipv4.conf.vmx1.forwarding")
        assert.strictEqual((yield* Effect.flip(write(hostNetns, ipForward, "x"))).reason, "Invalid")
        assert.strictEqual((yield* Effect.flip(write(hostNetns, ["kernel", "hostname"], "x"))).reason, "Invalid")
      })
    )

    it.effect("that are mounted read-only are denied, here and elsewhere", () =>
      Effect.gen(function* () {
        const { read, write } = yield* SysctlOps
        const elsewhere: Netns = yield* namedNetns
        run("mount", ["--bind", "/proc/sys", "/proc/sys"])
        yield* Effect.addFinalizer(() => Effect.sync(() => run("umount", ["/proc/sys"])))
        run("mount", ["-o", "remount,bind,ro", "/proc/sys"])
        for (const netns of [hostNetns, elsewhere]) {
          assert.isNotNull(yield* read(netns, ipForward))
          assert.strictEqual((yield* Effect.flip(write(netns, ipForward, "1"))).reason, "Denied")
        }
      })
    )
  })
