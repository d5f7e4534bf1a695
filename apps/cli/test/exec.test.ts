import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import { makeCli } from "./support/cli.ts"
import { attachmentOf } from "./support/fakeVmnet.ts"

const inNetns = attachmentOf("vm1", {
  device: { kind: "veth", name: "eth0", netns: "/proc/4242/ns/net", mac: null }
})

describe("exec", () => {
  it.effect("runs the words after -- as they are, flags included, with the VM in the environment", () =>
    Effect.gen(function* () {
      const cli = makeCli({ attachments: [attachmentOf("vm1")], env: { PATH: "/bin", VMNET_NETNS: "stale" } })
      const { code, stdout, commands } = yield* cli("exec", "vm1", "--", "ip", "-o", "json", "--help", "--", "$(x)")
      assert.deepStrictEqual([code, stdout, commands.length], [0, "", 1])
      const [{ argv, env, netns }] = commands as [(typeof commands)[0] & {}]
      assert.deepStrictEqual(argv, ["ip", "-o", "json", "--help", "--", "$(x)"])
      assert.strictEqual(netns, null)
      assert.deepStrictEqual(
        [env["PATH"], env["VMNET_VM"], env["VMNET_ADDRESS"], env["VMNET_NETNS"]],
        ["/bin", "vm1", "10.0.42.17", ""]
      )
    })
  )

  it.effect("goes to the namespace of the device, and names its process with the start time", () =>
    Effect.gen(function* () {
      const path = attachmentOf("vm1", { device: { ...inNetns.device, netns: "/run/netns/x" } })
      const named = yield* makeCli({ attachments: [path] })("exec", "vm1", "--", "true")
      assert.deepStrictEqual(named.commands[0]?.netns, { path: "/run/netns/x" })
      const target = { _tag: "Process", pid: 4242, startTime: "77" } as const
      const owned = yield* makeCli({ attachments: [inNetns], target })("exec", "vm1", "--", "true")
      assert.deepStrictEqual(owned.commands[0]?.netns, { path: "/proc/4242/ns/net", process: target })
    })
  )

  it.effect("ends with the command's exit code and says nothing of its own", () =>
    Effect.gen(function* () {
      const run = yield* makeCli({ attachments: [attachmentOf("vm1")], exitCode: 42 })("exec", "vm1", "--", "false")
      assert.deepStrictEqual([run.code, run.stdout, run.stderr], [42, "", ""])
    })
  )

  it.effect("refuses a VM that is unknown, not ready or broken, and -o", () =>
    Effect.gen(function* () {
      const cli = (state: "configuring" | "failed") => makeCli({ attachments: [attachmentOf("vm1", { state })] })
      assert.strictEqual((yield* makeCli()("exec", "vm1", "--", "true")).code, 3)
      assert.strictEqual((yield* cli("configuring")("exec", "vm1", "--", "true")).code, 7)
      assert.strictEqual((yield* cli("failed")("exec", "vm1", "--", "true")).code, 4)
      const run = yield* makeCli({ attachments: [attachmentOf("vm1")] })("exec", "-o", "json", "vm1", "--", "true")
      assert.deepStrictEqual([run.code, run.commands.length], [2, 0])
    })
  )
})
