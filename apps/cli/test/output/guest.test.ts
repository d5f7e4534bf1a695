import { assert, describe, it } from "@effect/vitest"
import type { Attachment } from "@vmnet/core"
import { Effect } from "effect"
import { makeCli } from "../support/cli.ts"
import { attachmentOf } from "../support/fakeVmnet.ts"
import { readNetworkConfig } from "./networkConfig.ts"

const ordinary = attachmentOf("vm1").guest
const veth = { kind: "veth", name: "eth0", netns: "/run/netns/box", mac: ordinary.mac } as const

const show = (vm: string, format: string, changes: Partial<Attachment> = {}) =>
  makeCli({ attachments: [attachmentOf(vm, changes)] })("show", vm, "-o", format)

const guest = (changes: Partial<Attachment["guest"]>) => ({ guest: { ...ordinary, ...changes } })

describe("-o cloud-init", () => {
  it.effect("is a network-config of version 2", () =>
    Effect.gen(function* () {
      const { stdout } = yield* show("vm1", "cloud-init")
      assert.strictEqual(
        stdout,
        `version: 2
ethernets:
  eth0:
    match:
      macaddress: "02:fc:00:00:00:05"
    addresses:
      - "10.0.42.17/24"
    routes:
      - to: "0.0.0.0/0"
        via: "10.0.42.1"
    nameservers:
      addresses:
        - "198.51.100.53"
        - "203.0.113.53"
    mtu: 1500
`
      )
    })
  )

  it.effect("names no servers where there are none", () =>
    Effect.gen(function* () {
      const { stdout } = yield* show("vm1", "cloud-init", guest({ dns: [], mtu: 1400 }))
      const ethernet = readNetworkConfig(stdout)
      assert.deepStrictEqual([ethernet.nameservers, ethernet.mtu], [undefined, 1400])
    })
  )

  it.effect("says that a gateway outside of the subnet is on the link", () =>
    Effect.gen(function* () {
      const { stdout } = yield* show("vm1", "cloud-init", guest({ address: "10.0.42.17/32", gateway: "169.254.1.1" }))
      assert.deepStrictEqual(readNetworkConfig(stdout).routes, [
        { to: "0.0.0.0/0", via: "169.254.1.1", "on-link": true }
      ])
    })
  )

  it.effect("keeps a MAC a text for readers of YAML 1.1, to whom some are numbers to base 60", () =>
    Effect.gen(function* () {
      const { stdout } = yield* show("vm1", "cloud-init", guest({ mac: "52:54:00:12:34:56" }))
      assert.strictEqual(readNetworkConfig(stdout).match.macaddress, "52:54:00:12:34:56")
    })
  )

  it.effect("serves a container too: a system with cloud-init may boot in it", () =>
    Effect.gen(function* () {
      const { code, stdout } = yield* show("vm1", "cloud-init", { device: veth })
      assert.deepStrictEqual([code, readNetworkConfig(stdout).match.macaddress], [0, ordinary.mac])
    })
  )
})

/** `ip=` as Linux's Documentation/admin-guide/nfs/nfsroot.rst names its fields. */
const fieldsOf = (text: string) => {
  const names = ["client", "server", "gw", "netmask", "hostname", "device", "autoconf", "dns0", "dns1"]
  assert.isTrue(text.startsWith("ip=") && text.endsWith("\n") && !/[ "']/.test(text))
  const values = text.slice("ip=".length, -1).split(":")
  assert.isAtMost(values.length, names.length)
  return Object.fromEntries(values.map((value, index) => [names[index]!, value]))
}

describe("-o kernel-args", () => {
  it.effect("is the kernel's ip=", () =>
    Effect.gen(function* () {
      const { stdout } = yield* show("vm1", "kernel-args")
      assert.strictEqual(stdout, "ip=10.0.42.17::10.0.42.1:255.255.255.0:vm1:eth0:none:198.51.100.53:203.0.113.53\n")
    })
  )

  it.effect.each([
    ["10.0.0.1/8", "255.0.0.0"],
    ["10.0.0.1/0", "0.0.0.0"],
    ["169.254.0.21/30", "255.255.255.252"],
    ["10.0.0.1/31", "255.255.255.254"]
  ] as const)("of %s the netmask is %s", ([address, netmask]) =>
    Effect.gen(function* () {
      const gateway = address.startsWith("169") ? "169.254.0.22" : "10.0.0.0"
      const { stdout } = yield* show("vm1", "kernel-args", guest({ address, gateway }))
      assert.strictEqual(fieldsOf(stdout)["netmask"], netmask)
    })
  )

  it.effect.each([
    ["a-1", "a-1"],
    ["7", "7"],
    ["web.prod", ""],
    ["web_1", ""],
    ["web-", ""]
  ] as const)("of a VM called %s the host name is %j", ([vm, hostname]) =>
    Effect.gen(function* () {
      assert.strictEqual(fieldsOf((yield* show(vm, "kernel-args")).stdout)["hostname"], hostname)
    })
  )

  it.effect("has room for two servers", () =>
    Effect.gen(function* () {
      const none = yield* show("vm1", "kernel-args", guest({ dns: [] }))
      assert.isTrue(none.stdout.endsWith(":eth0:none\n"))
      const three = yield* show("vm1", "kernel-args", guest({ dns: ["192.0.2.1", "192.0.2.2", "192.0.2.3"] }))
      assert.isTrue(three.stdout.endsWith(":none:192.0.2.1:192.0.2.2\n"))
    })
  )

  it.effect("is refused where the kernel would refuse the gateway, and for a container", () =>
    Effect.gen(function* () {
      const far = yield* show("vm1", "kernel-args", guest({ address: "10.0.42.17/32", gateway: "169.254.1.1" }))
      assert.deepStrictEqual([far.code, far.stdout], [2, ""])
      assert.match(far.stderr, /^vmnet: -o kernel-args: .* 169\.254\.1\.1 is not in 10\.0\.42\.17\/32\n.*cloud-init/)
      const container = yield* show("vm1", "kernel-args", { device: veth })
      assert.deepStrictEqual([container.code, container.stdout], [2, ""])
      assert.match(container.stderr, /no kernel of its own/)
    })
  )
})
