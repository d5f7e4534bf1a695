import { assert, describe, it } from "@effect/vitest"
import { hostNetns, InterfaceName, NatOps, Vmnet } from "@vmnet/core"
import type { MemoryKernel } from "@vmnet/testkit"
import { assertSame, leaseRows } from "@vmnet/testkit/conformance"
import { Effect } from "effect"
import { bridgeDevice, onMachine } from "./support/host.ts"
import { install, request } from "./support/memoryHost.ts"

const tapOf = (attempt: number) => InterfaceName.derive("vmt", install, "vm1", attempt)
const vethOf = (attempt: number) => InterfaceName.derive("vmv", install, "vm1", attempt)
const otherTag = "vmnet:ffffffff:vm1:1"

const linksOf = (kernel: MemoryKernel) => kernel.snapshot()["host"]!.links.map(({ link }) => link)

describe("a link of somebody else that has the name a VM's device would get", () => {
  it.effect.each([
    { what: "without a tag", type: "tun", alias: "" },
    { what: "of another install", type: "tun", alias: otherTag },
    { what: "with this VM's own tag but of another kind", type: "dummy", alias: "vmnet:0123abcd:vm1:1" },
    { what: "with the tag of an earlier generation", type: "tun", alias: "vmnet:0123abcd:vm1:0" },
    { what: "with a tag that is almost ours", type: "tun", alias: "vmnet:0123abcd:vm1:1 " }
  ])("$what is left alone, and the VM gets another", ({ type, alias }) =>
    onMachine(({ kernel }) =>
      Effect.gen(function* () {
        const vmnet = yield* Vmnet
        kernel.foreign.link(hostNetns, { link: tapOf(0), type, alias, up: true })
        kernel.foreign.link(hostNetns, { link: tapOf(1), type, alias, up: true })
        const before = kernel.snapshot()
        const { attachment } = yield* vmnet.up(request("vm1"))
        assert.strictEqual(attachment.device.name, tapOf(2))
        yield* vmnet.down("vm1")
        assertSame(kernel.snapshot(), before, "afterwards")
      })
    )
  )

  it.effect("makes a veth another name as well", () =>
    onMachine(({ kernel }) =>
      Effect.gen(function* () {
        const vmnet = yield* Vmnet
        kernel.addNetns("/run/netns/box")
        kernel.foreign.link(hostNetns, { link: vethOf(0), type: "veth" })
        const before = kernel.snapshot()
        yield* vmnet.up(request("vm1", { netns: "/run/netns/box" }))
        assert.include(linksOf(kernel), vethOf(1))
        yield* vmnet.down("vm1")
        assertSame(kernel.snapshot(), before, "afterwards")
      })
    )
  )

  it.effect("ends in a refusal when it has every name, after a bounded number of attempts, and nothing is left", () =>
    onMachine(({ kernel }) =>
      Effect.gen(function* () {
        const vmnet = yield* Vmnet
        for (let attempt = 0; attempt < 20; attempt++) kernel.foreign.link(hostNetns, { link: tapOf(attempt) })
        const before = kernel.snapshot()
        const rows = yield* leaseRows
        const error = yield* Effect.flip(vmnet.up(request("vm1", { publish: ["8080:80"] })))
        assert.deepStrictEqual([error.code, error.exitCode], ["NAME_TAKEN", 4])
        assert.include(error.hint, "it was left alone")
        assertSame(kernel.snapshot(), before, "afterwards")
        assertSame(yield* leaseRows, rows, "in the ledger")
      })
    )
  )
})

describe("an object of a VM that is not known to be ours any more", () => {
  it.effect.each([
    { what: "whose tag was cleared", alias: "" },
    { what: "whose tag is another install's", alias: otherTag },
    { what: "whose tag is another VM's", alias: "vmnet:0123abcd:vm2:1" }
  ])("a TAP $what stays, and the lease ends", ({ alias }) =>
    onMachine(({ kernel }) =>
      Effect.gen(function* () {
        const vmnet = yield* Vmnet
        const before = kernel.snapshot()
        const rows = yield* leaseRows
        yield* vmnet.up(request("vm1"))
        kernel.foreign.alias(hostNetns, tapOf(0), alias)
        const left = [{ kind: "Tap", name: tapOf(0) }]
        assert.deepStrictEqual(yield* vmnet.down("vm1"), { vm: "vm1", outcome: "removed", left })
        assert.include(linksOf(kernel), tapOf(0))
        assertSame(yield* leaseRows, rows, "in the ledger")
        kernel.foreign.unplug(hostNetns, tapOf(0))
        assertSame(kernel.snapshot(), before, "but for it")
      })
    )
  )

  it.effect("a bridge whose tag was cleared stays with its address, and the next VM is told what is in the way", () =>
    onMachine(({ kernel }) =>
      Effect.gen(function* () {
        const vmnet = yield* Vmnet
        const before = kernel.snapshot()
        yield* vmnet.up(request("vm1"))
        const bridge = yield* bridgeDevice
        kernel.foreign.alias(hostNetns, bridge, "")
        yield* vmnet.down("vm1")
        const left = kernel.snapshot()["host"]!.links.find(({ link }) => link === bridge)
        assert.deepStrictEqual(left?.addresses, ["10.213.0.1/24"])
        const error = yield* Effect.flip(vmnet.up(request("vm1")))
        assert.strictEqual(error.code, "SUBNET_OVERLAP")
        assert.include(error.message, `the address 10.213.0.1/24 of ${bridge}`)
        kernel.foreign.unplug(hostNetns, bridge)
        assertSame(kernel.snapshot(), before, "but for it")
      })
    )
  )

  it.effect("an entry of the firewall that somebody made theirs stays, and the lease ends", () =>
    onMachine(({ kernel }) =>
      Effect.gen(function* () {
        const vmnet = yield* Vmnet
        yield* vmnet.up(request("other"))
        const rows = yield* leaseRows
        yield* vmnet.up(request("vm1", { publish: ["8080:80"] }))
        const key = { set: "publish_any", key: ["tcp", "8080"] } as const
        kernel.foreign.deleteNatEntry(hostNetns, key)
        kernel.foreign.natEntry(hostNetns, { ...key, value: "10.213.0.99 . 80", comment: otherTag })
        yield* vmnet.down("vm1")
        assertSame(yield* leaseRows, rows, "in the ledger")
        // It can be taken away, so it is still there; and only once.
        kernel.foreign.deleteNatEntry(hostNetns, key)
        assert.throws(() => kernel.foreign.deleteNatEntry(hostNetns, key))
      })
    )
  )
})

describe("an object that somebody else has taken away", () => {
  it.effect.each([
    { what: "the TAP", take: (kernel: MemoryKernel) => kernel.foreign.unplug(hostNetns, tapOf(0)) },
    {
      what: "the bridge",
      take: (kernel: MemoryKernel) =>
        kernel.foreign.unplug(
          hostNetns,
          linksOf(kernel).find((link) => link.startsWith("vmb"))!
        )
    }
  ])("($what) does not keep `down` from ending the lease", ({ take }) =>
    onMachine(({ kernel }) =>
      Effect.gen(function* () {
        const vmnet = yield* Vmnet
        const before = kernel.snapshot()
        yield* vmnet.up(request("vm1", { publish: ["8080:80"] }))
        take(kernel)
        yield* vmnet.down("vm1")
        assertSame(kernel.snapshot(), before, "afterwards")
      })
    )
  )

  it.effect("the whole firewall layout does not either", () =>
    onMachine(({ kernel }) =>
      Effect.gen(function* () {
        const vmnet = yield* Vmnet
        const before = kernel.snapshot()
        yield* vmnet.up(request("vm1", { publish: ["8080:80"] }))
        yield* NatOps.use((nat) => nat.apply(hostNetns, [{ _tag: "DeleteLayout" }]))
        yield* vmnet.down("vm1")
        assertSame(kernel.snapshot(), before, "afterwards")
      })
    )
  )
})

describe("an element of the firewall that somebody has taken half away", () => {
  it.effect("goes with the VM, whichever half is left", () =>
    onMachine(({ kernel }) =>
      Effect.gen(function* () {
        const vmnet = yield* Vmnet
        const before = kernel.snapshot()
        const halves = [
          { set: "publish_any", key: ["tcp", "8081"] },
          { set: "publish_any_marks", key: ["tcp", "8080"] }
        ] as const
        for (const half of halves) {
          yield* vmnet.up(request("vm1", { publish: ["8080-8081:80"] }))
          kernel.foreign.deleteNatEntry(hostNetns, half)
          assert.deepStrictEqual(yield* vmnet.down("vm1"), { vm: "vm1", outcome: "removed" })
          assertSame(kernel.snapshot(), before, "afterwards")
        }
      })
    )
  )

  it.effect("goes but for what somebody has put in the place of the other half", () =>
    onMachine(({ kernel }) =>
      Effect.gen(function* () {
        const vmnet = yield* Vmnet
        const before = kernel.snapshot()
        yield* vmnet.up(request("vm1", { publish: ["8080-8081:80"] }))
        const key = { set: "publish_any", key: ["tcp", "8081"] } as const
        kernel.foreign.deleteNatEntry(hostNetns, key)
        kernel.foreign.natEntry(hostNetns, { ...key, value: "10.213.0.99 . 80", comment: otherTag })
        yield* vmnet.up(request("other"))
        assert.strictEqual((yield* vmnet.down("vm1")).outcome, "removed")
        kernel.foreign.deleteNatEntry(hostNetns, key)
        yield* vmnet.down("other")
        assertSame(kernel.snapshot(), before, "but for it")
      })
    )
  )
})

describe("a firewall layout of this install that nobody has on record", () => {
  it.effect("is refused, named, and left as it is", () =>
    onMachine(({ kernel }) =>
      Effect.gen(function* () {
        const vmnet = yield* Vmnet
        yield* NatOps.use((nat) => nat.apply(hostNetns, [{ _tag: "AddLayout" }]))
        const before = kernel.snapshot()
        const error = yield* Effect.flip(vmnet.up(request("vm1")))
        assert.deepStrictEqual([error.code, error.exitCode], ["NAME_TAKEN", 4])
        assert.include(error.message, "nat: create nat layout tables: add firewall layout failed (Exists)")
        assertSame(kernel.snapshot(), before, "afterwards")
      })
    )
  )
})
