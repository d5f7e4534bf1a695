import { assert, describe, it } from "@effect/vitest"
import { Effect, Schema } from "effect"
import { execFileSync } from "node:child_process"
import { makeCli } from "../support/cli.ts"
import { attachmentOf } from "../support/fakeVmnet.ts"

const vm1 = attachmentOf("vm1")
const small = attachmentOf("small", { guest: { ...vm1.guest, mtu: 1400 } })

const show = Effect.fnUntraced(function* (vm: string, format: string) {
  const run = yield* makeCli({ attachments: [vm1, small] })("show", vm, "-o", format)
  assert.deepStrictEqual([run.code, run.stderr], [0, ""])
  return run.stdout
})

const strict = { onExcessProperty: "error" } as const
const Mac = Schema.String.check(Schema.isPattern(/^([0-9a-f]{2}:){5}[0-9a-f]{2}$/))
const InterfaceName = Schema.String.check(Schema.isPattern(/^[^\s/:]{1,15}$/))

/**
 * `NetworkInterface` of Firecracker's src/firecracker/swagger/firecracker.yaml, without the rate limiters, as versions
 * before 1.16.0 have it: `iface_id` and `host_dev_name` are required, and an unknown field is an error.
 */
const NetworkInterfaces = Schema.Array(
  Schema.Struct({
    iface_id: Schema.String.check(Schema.isPattern(/^[A-Za-z0-9_]{1,64}$/)),
    host_dev_name: InterfaceName,
    guest_mac: Schema.optionalKey(Mac)
  })
)

/** Of `NetConfig` in Cloud Hypervisor's vmm/src/api/openapi/cloud-hypervisor.yaml what a TAP that exists may be given. */
const NetConfig = Schema.Struct({ tap: InterfaceName, mac: Schema.optionalKey(Mac) })

describe("-o firecracker", () => {
  it.effect("is the network-interfaces of a configuration file", () =>
    Effect.gen(function* () {
      const stdout = yield* show("vm1", "firecracker")
      assert.strictEqual(
        stdout,
        `[
  {
    "iface_id": "eth0",
    "host_dev_name": "vmtabcdefghijkl",
    "guest_mac": "02:fc:00:00:00:05"
  }
]
`
      )
      yield* Schema.decodeUnknownEffect(NetworkInterfaces, strict)(JSON.parse(stdout))
    })
  )

  it.effect("has no field that an older Firecracker refuses, whatever the MTU", () =>
    Effect.gen(function* () {
      yield* Schema.decodeUnknownEffect(NetworkInterfaces, strict)(JSON.parse(yield* show("small", "firecracker")))
    })
  )
})

describe("-o qemu", () => {
  it.effect("is a device and its TAP", () =>
    Effect.gen(function* () {
      assert.strictEqual(
        yield* show("vm1", "qemu"),
        "-netdev tap,id=vmnet0,ifname=vmtabcdefghijkl,script=no,downscript=no " +
          "-device virtio-net-pci,netdev=vmnet0,mac=02:fc:00:00:00:05\n"
      )
    })
  )

  it.effect("tells the guest an MTU that is not Ethernet's", () =>
    Effect.gen(function* () {
      assert.match(yield* show("small", "qemu"), /,mac=02:fc:00:00:00:05,host_mtu=1400\n$/)
    })
  )

  it.effect("is four words for a shell that splits it unquoted", () =>
    Effect.gen(function* () {
      const stdout = yield* show("small", "qemu")
      const words = execFileSync("/bin/sh", ["-c", `printf '%s\\n' $(printf %s "$1")`, "sh", stdout], {
        encoding: "utf8"
      })
      assert.deepStrictEqual(
        words
          .trimEnd()
          .split("\n")
          .map((word) => word.split(",")[0]),
        ["-netdev", "tap", "-device", "virtio-net-pci"]
      )
    })
  )
})

describe("-o cloud-hypervisor", () => {
  it.effect("is the value of --net", () =>
    Effect.gen(function* () {
      const expected = "tap=vmtabcdefghijkl,mac=02:fc:00:00:00:05\n"
      assert.strictEqual(yield* show("vm1", "cloud-hypervisor"), expected)
      // Its TAP has the MTU, and Cloud Hypervisor reads it there.
      assert.strictEqual(yield* show("small", "cloud-hypervisor"), expected)
      const fields = expected
        .trimEnd()
        .split(",")
        .map((field) => field.split("="))
      yield* Schema.decodeUnknownEffect(NetConfig, strict)(Object.fromEntries(fields))
    })
  )
})
