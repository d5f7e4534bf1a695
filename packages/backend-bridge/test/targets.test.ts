import { assert, describe, it } from "@effect/vitest"
import { type LinkChange, LinkOps, type Netns, type ProcessId, Vmnet } from "@vmnet/core"
import { assertSame, leaseRows } from "@vmnet/testkit/conformance"
import { Effect } from "effect"
import { onMachine } from "./support/host.ts"
import { request } from "./support/memoryHost.ts"

const box = "/run/netns/box"

const into = (vm: string) => request(vm, { netns: box, publish: ["8080:80"] })

const beside = (vm: string, process: ProcessId) =>
  request(vm, { pid: `${process.pid}` }, "", (pid) => (pid === process.pid ? process : null))

const change = (netns: Netns, changes: ReadonlyArray<LinkChange>) => LinkOps.use((links) => links.apply(netns, changes))

describe("a VM whose end goes into a namespace by path", () => {
  it.effect("finds an interface there that is set up whole, and a port of the bridge outside", () =>
    onMachine(({ kernel }) =>
      Effect.gen(function* () {
        const vmnet = yield* Vmnet
        kernel.addNetns(box)
        const before = kernel.snapshot()
        const { attachment } = yield* vmnet.up(into("vm1"))
        assert.deepStrictEqual(attachment.device, { kind: "veth", name: "eth0", netns: box, mac: attachment.guest.mac })
        const inside = kernel.snapshot()[box]!
        const link = inside.links.find((one) => one.link === "eth0")
        assert.deepStrictEqual(
          { mac: link?.mac, addresses: link?.addresses, up: link?.up, mtu: link?.mtu },
          { mac: attachment.guest.mac, addresses: [attachment.guest.address], up: true, mtu: 1500 }
        )
        assert.deepInclude([...inside.routes], {
          destination: "0.0.0.0/0",
          link: "eth0",
          via: attachment.guest.gateway,
          metric: 0
        })
        yield* vmnet.down("vm1")
        assertSame(kernel.snapshot(), before, "afterwards")
      })
    )
  )

  it.effect("can be taken down when the namespace is gone", () =>
    onMachine(({ kernel }) =>
      Effect.gen(function* () {
        const vmnet = yield* Vmnet
        const before = kernel.snapshot()
        kernel.addNetns(box)
        yield* vmnet.up(into("vm1"))
        kernel.removeNetns(box)
        assert.deepStrictEqual(yield* vmnet.down("vm1"), { vm: "vm1", outcome: "removed" })
        assertSame(kernel.snapshot(), before, "afterwards")
      })
    )
  )

  it.effect("can be taken down when only its interface is gone, or only moved away from its address", () =>
    onMachine(({ kernel }) =>
      Effect.gen(function* () {
        const vmnet = yield* Vmnet
        const netns = kernel.addNetns(box)
        const before = kernel.snapshot()
        const { attachment } = yield* vmnet.up(into("vm1"))
        yield* change({ _tag: "Path", path: box }, [
          { _tag: "DeleteAddress", link: "eth0", address: attachment.guest.address }
        ])
        yield* vmnet.down("vm1")
        yield* vmnet.up(into("vm1"))
        kernel.foreign.unplug(netns, "eth0")
        yield* vmnet.down("vm1")
        assertSame(kernel.snapshot(), before, "afterwards")
      })
    )
  )

  it.effect("fails without a trace when there is no such namespace", () =>
    onMachine(({ kernel }) =>
      Effect.gen(function* () {
        const vmnet = yield* Vmnet
        const before = kernel.snapshot()
        const rows = yield* leaseRows
        const error = yield* Effect.flip(vmnet.up(into("vm1")))
        assert.include(error.message, box)
        assertSame(kernel.snapshot(), before, "afterwards")
        assertSame(yield* leaseRows, rows, "in the ledger")
      })
    )
  )

  it.effect("fails without a trace when somebody has an eth0, or a default route, there already", () =>
    onMachine(({ kernel }) =>
      Effect.gen(function* () {
        const vmnet = yield* Vmnet
        const netns = kernel.addNetns(box)
        kernel.foreign.link(netns, { link: "eth0", up: true, addresses: ["198.18.0.2/24"] })
        const before = kernel.snapshot()
        const error = yield* Effect.flip(vmnet.up(into("vm1")))
        assert.deepStrictEqual([error.code, error.exitCode], ["NAME_TAKEN", 4])
        assert.include(error.message, `there is a link eth0 already`)
        assertSame(kernel.snapshot(), before, "with an eth0")
        kernel.foreign.unplug(netns, "eth0")
        kernel.foreign.link(netns, { link: "wan", up: true, addresses: ["198.18.0.2/24"] })
        kernel.foreign.route(netns, { destination: "default", link: "wan", via: "198.18.0.1" })
        const routed = kernel.snapshot()
        const second = yield* Effect.flip(vmnet.up(into("vm1")))
        assert.strictEqual(second.code, "NAME_TAKEN")
        assert.include(second.message, "route default on eth0")
        assertSame(kernel.snapshot(), routed, "with a default route")
      })
    )
  )

  it.effect("is refused in a namespace where another VM has its end, naming that VM", () =>
    onMachine(({ kernel }) =>
      Effect.gen(function* () {
        const vmnet = yield* Vmnet
        kernel.addNetns(box)
        yield* vmnet.up(into("vm1"))
        const up = kernel.snapshot()
        const error = yield* Effect.flip(vmnet.up(request("vm2", { netns: box })))
        assert.deepStrictEqual([error.code, error.exitCode], ["NAME_TAKEN", 4])
        assert.strictEqual(error.message, `vm2: vm1 has the route default on eth0 in ${box} already`)
        assertSame(kernel.snapshot(), up, "untouched")
      })
    )
  )
})

describe("a VM whose end goes to a process", () => {
  it.effect("finds it in that process's namespace, and everything goes with it", () =>
    onMachine(({ kernel }) =>
      Effect.gen(function* () {
        const vmnet = yield* Vmnet
        const before = kernel.snapshot()
        const process = kernel.host.startProcess({ netns: "fresh" })
        const { attachment } = yield* vmnet.up(beside("vm1", process))
        assert.strictEqual(attachment.device.netns, `/proc/${process.pid}/ns/net`)
        kernel.host.endProcess(process.pid)
        assert.deepStrictEqual(yield* vmnet.down("vm1"), { vm: "vm1", outcome: "removed" })
        assertSame(kernel.snapshot(), before, "afterwards")
      })
    )
  )

  it.effect("is refused when its namespace is the host's own, which it would take off its network", () =>
    onMachine(({ kernel }) =>
      Effect.gen(function* () {
        const vmnet = yield* Vmnet
        const process = kernel.host.startProcess()
        const before = kernel.snapshot()
        const error = yield* Effect.flip(vmnet.up(beside("vm1", process)))
        assert.deepStrictEqual(
          [error.code, error.message],
          ["BAD_INPUT", `vm1: the namespace of process ${process.pid} is the host's own network namespace`]
        )
        assertSame(kernel.snapshot(), before, "afterwards")
      })
    )
  )

  it.effect("fails without a trace when the pid is another process's by now", () =>
    onMachine(({ kernel }) =>
      Effect.gen(function* () {
        const vmnet = yield* Vmnet
        const process = kernel.host.startProcess({ netns: "fresh" })
        const asked = beside("vm1", process)
        kernel.host.recycle(process.pid)
        const before = kernel.snapshot()
        const error = yield* Effect.flip(vmnet.up(asked))
        assert.deepStrictEqual(
          [error.code, error.message],
          ["BAD_INPUT", `vm1: the namespace of process ${process.pid} is not a network namespace`]
        )
        assertSame(kernel.snapshot(), before, "afterwards")
        assert.deepStrictEqual(yield* vmnet.list, [])
      })
    )
  )

  it.effect("is taken down by its own side when the pid is another process's by then", () =>
    onMachine(({ kernel }) =>
      Effect.gen(function* () {
        const vmnet = yield* Vmnet
        const process = kernel.host.startProcess({ netns: "fresh" })
        const before = kernel.snapshot()
        yield* vmnet.up(beside("vm1", process))
        kernel.host.recycle(process.pid)
        yield* vmnet.down("vm1")
        assertSame(kernel.snapshot()["host"], before["host"], "afterwards")
      })
    )
  )
})
