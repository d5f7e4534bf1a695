import { assert, describe, it } from "@effect/vitest"
import { Attachment } from "@vmnet/core"
import { Effect, Schema } from "effect"
import { makeCli } from "./support/cli.ts"
import { attachmentOf } from "./support/fakeVmnet.ts"

const decode = Schema.decodeUnknownEffect(Attachment, { onExcessProperty: "error" })
const vm1 = attachmentOf("vm1")
const vm2 = attachmentOf("vm2", {
  state: "failed",
  publish: [{ protocol: "udp", hostAddress: "192.0.2.1", hostPort: 5000, guestPort: 53, count: 10 }]
})

describe("results as JSON, which a pipe gets without asking", () => {
  it.effect("up prints the attachment and nothing on stderr", () =>
    Effect.gen(function* () {
      const { code, stdout, stderr } = yield* makeCli()("up", "vm1", "-p", "8080:80")
      assert.strictEqual(code, 0)
      assert.strictEqual(stderr, "")
      assert.strictEqual(stdout.split("\n").length, 2)
      const attachment = yield* decode(JSON.parse(stdout))
      assert.deepStrictEqual(attachment.publish, [
        { protocol: "tcp", hostAddress: "0.0.0.0", hostPort: 8080, guestPort: 80, count: 1 }
      ])
    })
  )

  it.effect("ls prints every attachment under vms", () =>
    Effect.gen(function* () {
      const { stdout } = yield* makeCli({ attachments: [vm1, vm2] })("ls")
      assert.deepStrictEqual(JSON.parse(stdout), { vms: [vm1, vm2] })
    })
  )

  it.effect("ls of no VMs is an empty list", () =>
    Effect.gen(function* () {
      const { code, stdout, stderr } = yield* makeCli()("ls")
      assert.deepStrictEqual([code, stdout, stderr], [0, '{"vms":[]}\n', ""])
    })
  )

  it.effect("show has the attachment's own fields at the top", () =>
    Effect.gen(function* () {
      const { stdout } = yield* makeCli({ attachments: [vm1] })("show", "vm1")
      const shown = JSON.parse(stdout)
      assert.deepStrictEqual(yield* Schema.decodeUnknownEffect(Attachment)(shown), vm1)
      assert.deepStrictEqual(shown.resources, [{ kind: "Tap", what: "vmtabcdefghijkl", state: "present" }])
    })
  )

  it.effect("up --dry-run prints the plan and attaches nothing", () =>
    Effect.gen(function* () {
      const { code, stdout, vmnet } = yield* makeCli()("up", "vm1", "--dry-run")
      assert.strictEqual(code, 0)
      const { plan } = JSON.parse(stdout)
      assert.deepStrictEqual(Object.keys(plan), ["shares", "resources", "attachment"])
      assert.strictEqual(vmnet.attachments.size, 0)
    })
  )

  it.effect("publish and unpublish print the attachment as it is now", () =>
    Effect.gen(function* () {
      const cli = makeCli({ attachments: [vm1] })
      const added = yield* cli("publish", "vm1", "8080:80", "127.0.0.1:53:53/udp")
      assert.deepStrictEqual((yield* decode(JSON.parse(added.stdout))).publish.length, 2)
      const left = yield* cli("unpublish", "vm1", "8080:80")
      assert.deepStrictEqual((yield* decode(JSON.parse(left.stdout))).publish, [
        { protocol: "udp", hostAddress: "127.0.0.1", hostPort: 53, guestPort: 53, count: 1 }
      ])
    })
  )

  it.effect("status and the networks", () =>
    Effect.gen(function* () {
      const cli = makeCli({ attachments: [vm1] })
      assert.strictEqual(JSON.parse((yield* cli("status")).stdout).install, "0123abcd")
      assert.strictEqual(JSON.parse((yield* cli("network", "ls")).stdout).networks[0].network, "bridge")
      assert.strictEqual(JSON.parse((yield* cli("network", "show", "bridge")).stdout).subnet, "10.0.42.0/24")
      assert.deepStrictEqual(JSON.parse((yield* cli("network", "rm", "web")).stdout), {
        network: "web",
        outcome: "removed"
      })
    })
  )
})

describe("results as tables, which a terminal gets", () => {
  it.effect("ls aligns its columns", () =>
    Effect.gen(function* () {
      const { stdout } = yield* makeCli({ attachments: [vm1, vm2], terminal: 120 })("ls")
      assert.strictEqual(
        stdout,
        [
          "VM   STATE   BACKEND  NETWORK  ADDRESS     DEVICE           PUBLISHED",
          "vm1  active  bridge   bridge   10.0.42.17  vmtabcdefghijkl",
          "vm2  failed  bridge   bridge   10.0.42.17  vmtabcdefghijkl  192.0.2.1:5000-5009:53-62/udp",
          ""
        ].join("\n")
      )
    })
  )

  it.effect("up --dry-run tells shares and resources in order, in words", () =>
    Effect.gen(function* () {
      const { stdout } = yield* makeCli({ terminal: 120 })("up", "vm1", "--dry-run")
      assert.strictEqual(
        stdout,
        [
          "vm1 would get 10.0.42.17/24 on network bridge (bridge); nothing is changed",
          "shared network.bridge, created unless another VM holds it:",
          "  create bridge vmbabcdefghijkl, MAC 02:fc:00:00:00:01, MTU 1500",
          "  give vmbabcdefghijkl the address 10.0.42.1/24",
          "its own:",
          "  create TAP vmtabcdefghijkl, MTU 1500",
          ""
        ].join("\n")
      )
    })
  )

  it.effect("every command has one", () =>
    Effect.gen(function* () {
      const cli = makeCli({ attachments: [vm1], terminal: 120 })
      for (const argv of [
        ["show", "vm1"],
        ["status"],
        ["network", "ls"],
        ["network", "show", "bridge"],
        ["down", "vm1"]
      ]) {
        const { code, stdout } = yield* cli(...argv)
        assert.strictEqual(code, 0)
        assert.throws(() => JSON.parse(stdout))
      }
    })
  )

  it.effect("colour only where the stream takes it", () =>
    Effect.gen(function* () {
      const plain = yield* makeCli({ attachments: [vm1], terminal: 80 })("ls")
      const colored = yield* makeCli({ attachments: [vm1], terminal: 80, color: true })("ls")
      assert.isFalse(plain.stdout.includes("\u001b"))
      assert.isTrue(colored.stdout.includes("\u001b[32mactive\u001b[39m"))
    })
  )

  it.effect("-o decides against the terminal and the pipe, and --json does where -o says nothing", () =>
    Effect.gen(function* () {
      const table = yield* makeCli({ attachments: [vm1] })("ls", "-o", "table")
      assert.isTrue(table.stdout.startsWith("VM "))
      const json = yield* makeCli({ attachments: [vm1], terminal: 80 })("ls", "-ojson")
      assert.deepStrictEqual(JSON.parse(json.stdout), { vms: [vm1] })
      assert.isTrue(json.stdout.startsWith("{\n"))
      const env = yield* makeCli({ attachments: [vm1], terminal: 80 })("show", "vm1", "--json", "-o=env")
      assert.isTrue(env.stdout.startsWith("VMNET_VM=vm1\n"))
    })
  )
})
