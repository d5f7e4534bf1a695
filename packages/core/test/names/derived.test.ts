import { assert, describe, it } from "@effect/vitest"
import { InstallId, InterfaceName, Mac } from "@vmnet/core"
import { Effect } from "effect"
import { anyText, whole } from "./support/arbitraries.ts"

// Computed with another implementation of SHA-256 and base 32. A change here renames the devices of every install.
describe("derived names never change", () => {
  it("interface names", () => {
    assert.deepStrictEqual(
      [
        InterfaceName.derive("vmt", "0011aabb", "web", 0),
        InterfaceName.derive("vmt", "0011aabb", "web", 1),
        InterfaceName.derive("vmv", "0011aabb", "web", 0),
        InterfaceName.derive("vmb", "0011aabb", "@network.web", 0),
        InterfaceName.derive("vmt", "ffffffff", "a.b_c-d", 12)
      ],
      ["vmtv5jzxspkscmv", "vmt5ipjp6uep3fr", "vmvey64bql4zhem", "vmbcfn2ncfjgzwp", "vmtlqgtdigdv3bz"]
    )
  })

  it("MAC addresses", () => {
    assert.deepStrictEqual(
      [Mac.derive("0011aabb", "web", 0), Mac.derive("0011aabb", "web", 1), Mac.derive("ffffffff", "@network.web", 0)],
      ["02:fc:3a:9f:08:dd", "02:fc:16:53:1c:79", "02:fc:a1:76:e5:b6"]
    )
  })

  it("install ids", () => {
    const machine = "0123456789abcdef0123456789abcdef"
    assert.strictEqual(InstallId.derive(machine, "/run/vmnet"), "4c868c32")
    assert.strictEqual(InstallId.derive(`${machine}\n`, "/run/vmnet"), "4c868c32")
    assert.strictEqual(InstallId.derive(machine, "/run/user/1000/vmnet"), "7859f84f")
  })
})

describe("derived names", () => {
  it.effect.prop(
    "an interface name is always fifteen characters of the kernel's alphabet",
    [anyText, whole(0, 1_000_000)],
    ([subject, attempt]) =>
      Effect.sync(() => {
        for (const prefix of ["vmt", "vmv", "vmb"] as const) {
          const derived = InterfaceName.derive(prefix, "0011aabb", subject, attempt)
          assert.match(derived, /^vm[tvb][a-z2-7]{12}$/)
          assert.isTrue(InterfaceName.matches(derived))
        }
      })
  )

  it.effect.prop("a MAC address is unicast and locally administered", [anyText, whole(0, 1000)], ([subject, attempt]) =>
    Effect.sync(() => {
      const derived = Mac.derive("0011aabb", subject, attempt)
      assert.match(derived, /^02:fc(:[0-9a-f]{2}){4}$/)
    })
  )

  it("a thousand VMs with ten attempts each all have names and addresses of their own", () => {
    const names = new Set<string>()
    const macs = new Set<string>()
    for (let vm = 0; vm < 1000; vm++) {
      for (let attempt = 0; attempt < 10; attempt++) {
        names.add(InterfaceName.derive("vmt", "0011aabb", `vm${vm}`, attempt))
        macs.add(Mac.derive("0011aabb", `vm${vm}`, attempt))
      }
    }
    assert.strictEqual(names.size, 10_000)
    assert.strictEqual(macs.size, 10_000)
  })

  it("install, subject and attempt cannot be mistaken for one another", () => {
    assert.notStrictEqual(InterfaceName.derive("vmt", "a", "b1", 0), InterfaceName.derive("vmt", "a", "b", 10))
    assert.notStrictEqual(InterfaceName.derive("vmt", "ab", "c", 0), InterfaceName.derive("vmt", "a", "bc", 0))
    assert.notStrictEqual(Mac.derive("ab", "c", 0), Mac.derive("a", "bc", 0))
  })

  it("a name that only looks like ours is not of our form", () => {
    for (const text of [
      "vmt",
      "vmx4zk2vw7qd3ua",
      "vmtv5jzxspkscm",
      "vmtv5jzxspkscmv\n",
      "vmtV5JZXSPKSCMV",
      "vmtv5jzxspkscm1"
    ]) {
      assert.isFalse(InterfaceName.matches(text), text)
    }
  })
})
