import { assert, it } from "@effect/vitest"
import { Effect } from "effect"
import { execFileSync } from "node:child_process"
import { makeCli } from "./support/cli.ts"
import { attachmentOf } from "./support/fakeVmnet.ts"

it.effect("-o env names everything a VMM is configured with", () =>
  Effect.gen(function* () {
    const publish = [{ protocol: "tcp" as const, hostAddress: "0.0.0.0", hostPort: 8080, guestPort: 80, count: 1 }]
    const { stdout } = yield* makeCli({ attachments: [attachmentOf("vm1", { publish })] })("show", "vm1", "-o", "env")
    assert.strictEqual(
      stdout,
      `VMNET_VM=vm1
VMNET_GENERATION=1
VMNET_STATE=active
VMNET_BACKEND=bridge
VMNET_NETWORK=bridge
VMNET_DEVICE=vmtabcdefghijkl
VMNET_DEVICE_KIND=tap
VMNET_DEVICE_MAC=02:fc:00:00:00:06
VMNET_NETNS=
VMNET_MAC=02:fc:00:00:00:05
VMNET_ADDRESS=10.0.42.17
VMNET_PREFIX=24
VMNET_GATEWAY=10.0.42.1
VMNET_DNS=198.51.100.53,203.0.113.53
VMNET_MTU=1500
VMNET_HOST_ADDRESS=10.0.42.17
VMNET_UPLINK=eth0
VMNET_PUBLISH=8080:80/tcp
`
    )
  })
)

it.effect("a shell that evaluates -o env runs nothing that stands in a name", () =>
  Effect.gen(function* () {
    const uplink = `x'; echo hacked; $(echo hacked) \`echo hacked\` "`
    const hostile = attachmentOf("vm1", { host: { address: "10.0.42.17", uplink } })
    const { stdout } = yield* makeCli({ attachments: [hostile] })("show", "vm1", "-o", "env")
    const script = 'eval "$1"; printf %s "$VMNET_UPLINK"'
    assert.strictEqual(String(execFileSync("/bin/sh", ["-c", script, "sh", stdout])), uplink)
  })
)

it.effect("-o env is refused where the answer is not one VM, before anything is done", () =>
  Effect.gen(function* () {
    const cli = makeCli({ attachments: [attachmentOf("vm1")] })
    for (const argv of [["ls"], ["down", "vm1"], ["status"], ["up", "vm1", "--dry-run"], ["network", "rm", "web"]]) {
      const { code, stdout, stderr, stateDirs } = yield* cli(...argv, "-o", "env")
      assert.deepStrictEqual([code, stdout, stateDirs.length], [2, "", 0])
      assert.match(stderr, /-o env prints the attachment of one VM/)
    }
  })
)
