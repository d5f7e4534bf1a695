import { assert, describe, it } from "@effect/vitest"
import { Vmnet, type VmnetError } from "@vmnet/core"
import { Effect } from "effect"
import { type Machine, onMachine } from "./support/host.ts"
import { request } from "./support/memoryHost.ts"
import { leaseRows } from "@vmnet/testkit/conformance"
import { assertSame } from "@vmnet/testkit/conformance"

const picture = ({ kernel }: Machine) =>
  Effect.map(leaseRows, (rows) => ({ kernel: kernel.snapshot(), rootfs: kernel.rootfs.view(), rows }))

const refusal = (vm: string, rootfs: string) => Effect.flip(Vmnet.use((vmnet) => vmnet.resolvConf(vm, rootfs)))

/** Refused, and nothing is different for it. */
const refused = Effect.fnUntraced(function* (
  machine: Machine,
  [vm, rootfs]: readonly [string, string],
  code: VmnetError["code"],
  words: RegExp
) {
  const before = yield* picture(machine)
  const error = yield* refusal(vm, rootfs)
  assert.deepStrictEqual([error.code, words.test(error.message)], [code, true], error.message)
  assert.isNotEmpty(error.hint ?? "", "it says what to do")
  assertSame(yield* picture(machine), before, rootfs)
})

describe("resolv-conf", () => {
  it.effect("gives a rootfs the VM's resolvers until the VM is down", () =>
    onMachine((machine) =>
      Effect.gen(function* () {
        const vmnet = yield* Vmnet
        const { rootfs } = machine.kernel
        rootfs.add("/srv/box")
        rootfs.add("/srv/bare", { resolvConf: "absent" })
        const before = yield* picture(machine)
        yield* vmnet.up(request("vm1", {}, "networks: { bridge: { dns: [198.51.100.53, 203.0.113.53] } }"))
        const result = yield* vmnet.resolvConf("vm1", "/srv/box")
        yield* vmnet.resolvConf("vm1", "/srv/bare")
        assert.deepStrictEqual(result, {
          vm: "vm1",
          rootfs: "/srv/box",
          path: "/srv/box/etc/resolv.conf",
          nameservers: ["198.51.100.53", "203.0.113.53"],
          existing: false
        })
        const text =
          "# vm1, by vmnet: mounted here until vmnet down vm1\nnameserver 198.51.100.53\nnameserver 203.0.113.53\n"
        assert.deepStrictEqual([rootfs.content("/srv/box"), rootfs.content("/srv/bare")], [text, text])
        const { resources } = yield* vmnet.show("vm1")
        assert.deepInclude(resources, { kind: "ResolvConf", what: "resolv conf /srv/box", state: "present" })
        yield* vmnet.down("vm1")
        assertSame(yield* picture(machine), before, "left behind")
      })
    )
  )

  it.effect("answers the same again, and up does too", () =>
    onMachine((machine) =>
      Effect.gen(function* () {
        const vmnet = yield* Vmnet
        machine.kernel.rootfs.add("/srv/box")
        yield* vmnet.up(request("vm1"))
        const first = yield* vmnet.resolvConf("vm1", "/srv/box")
        const before = yield* picture(machine)
        assert.deepStrictEqual(yield* vmnet.resolvConf("vm1", "/srv/box"), { ...first, existing: true })
        assertSame(yield* picture(machine), before, "the second time")
        assert.isTrue((yield* vmnet.up(request("vm1"))).existing)
      })
    )
  )

  it.effect("is made anew where somebody unmounted it, or the rootfs is another one", () =>
    onMachine((machine) =>
      Effect.gen(function* () {
        const vmnet = yield* Vmnet
        const { rootfs } = machine.kernel
        rootfs.add("/srv/box", { resolvConf: "absent" })
        yield* vmnet.up(request("vm1"))
        const before = yield* picture(machine)
        yield* vmnet.resolvConf("vm1", "/srv/box")
        rootfs.unmount("/srv/box")
        assert.isFalse((yield* vmnet.resolvConf("vm1", "/srv/box")).existing)
        assert.isNotNull(rootfs.content("/srv/box"))
        rootfs.remove("/srv/box")
        rootfs.add("/srv/box", { resolvConf: "absent" })
        assert.isFalse((yield* vmnet.resolvConf("vm1", "/srv/box")).existing)
        assert.isNotNull(rootfs.content("/srv/box"))
        assert.lengthOf(rootfs.view().directories, 1)
        yield* vmnet.down("vm1")
        yield* vmnet.up(request("vm1"))
        assertSame(rootfs.view(), before.rootfs, "left behind")
      })
    )
  )

  it.effect("is refused before anything changes", () =>
    onMachine((machine) =>
      Effect.gen(function* () {
        const vmnet = yield* Vmnet
        const { rootfs } = machine.kernel
        rootfs.add("/srv/box")
        rootfs.add("/srv/linked", { resolvConf: "symlink" })
        rootfs.add("/srv/hostile", { etc: "symlink" })
        rootfs.add("/srv/empty", { etc: "absent" })
        yield* vmnet.up(request("vm1"))
        yield* vmnet.up(
          request("mute", { network: "mute" }, "networks: { mute: { backend: bridge, subnet: 10.7.0.0/24, dns: [] } }")
        )
        yield* refused(machine, ["nobody", "/srv/box"], "VM_NOT_FOUND", /no VM called nobody/)
        yield* refused(machine, ["mute", "/srv/box"], "BAD_INPUT", /^mute has no resolver: network mute/)
        for (const path of ["srv/box", "./box", "", "/srv/\0"]) {
          yield* refused(machine, ["vm1", path], "BAD_INPUT", /is not an absolute path/)
        }
        yield* refused(machine, ["vm1", "/srv/nowhere"], "BAD_INPUT", /there is no such directory/)
        yield* refused(machine, ["vm1", "/"], "BAD_INPUT", /the host's own root/)
        yield* refused(machine, ["vm1", "/srv/empty"], "BAD_INPUT", /no directory etc/)
        yield* refused(machine, ["vm1", "/srv/linked"], "BAD_INPUT", /symlink/)
        yield* refused(machine, ["vm1", "/srv/hostile"], "BAD_INPUT", /symlink/)
        machine.kernel.host.setMissingCapabilities(["CAP_SYS_ADMIN"])
        yield* refused(machine, ["vm1", "/srv/box"], "NO_PERMISSION", /CAP_SYS_ADMIN/)
      })
    )
  )

  it.effect("of one rootfs is one VM's at a time", () =>
    onMachine((machine) =>
      Effect.gen(function* () {
        const vmnet = yield* Vmnet
        machine.kernel.rootfs.add("/srv/box")
        yield* vmnet.up(request("vm1"))
        yield* vmnet.up(request("vm2"))
        yield* vmnet.resolvConf("vm1", "/srv/box")
        yield* refused(machine, ["vm2", "/srv/box"], "NAME_TAKEN", /vm1 has the resolv conf \/srv\/box/)
        yield* vmnet.down("vm1")
        yield* vmnet.resolvConf("vm2", "/srv/box")
      })
    )
  )

  it.live("with somebody's mount on top is left, said so, and gone by the next down", () =>
    onMachine((machine) =>
      Effect.gen(function* () {
        const vmnet = yield* Vmnet
        const { rootfs } = machine.kernel
        rootfs.add("/srv/box")
        const before = yield* picture(machine)
        yield* vmnet.up(request("vm1"))
        yield* vmnet.resolvConf("vm1", "/srv/box")
        rootfs.cover("/srv/box")
        yield* refused(machine, ["vm1", "/srv/box"], "VM_CONFLICT", /another mount lies on top/)
        const error = yield* Effect.flip(vmnet.down("vm1"))
        assert.deepStrictEqual([error.code, error.message.includes("unmount that first")], ["STEP_FAILED", true])
        assert.strictEqual((yield* vmnet.show("vm1")).attachment.state, "failed")
        assert.lengthOf(rootfs.view().mounts, 1)
        rootfs.unmount("/srv/box")
        yield* vmnet.down("vm1")
        assertSame(yield* picture(machine), before, "left behind")
      })
    )
  )
})
