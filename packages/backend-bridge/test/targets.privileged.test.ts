import { assert } from "@effect/vitest"
import { HostProbe, Vmnet } from "@vmnet/core"
import { type Place, PrivateHost } from "@vmnet/testkit"
import { Effect } from "effect"
import { changing, linkAt, linksAt, portOf, routesAt, runOk } from "./support/kernel.ts"
import { request } from "./support/memoryHost.ts"
import { isolatedProcess, kill } from "./support/processes.ts"
import { container, emptyNetns, leavesNoTrace, shareHost } from "./support/realHost.ts"

const web = "http://203.0.113.10/"

/** The request of `--pid`. */
const intoProcess = Effect.fnUntraced(function* (vm: string, pid: number) {
  const { find } = yield* HostProbe
  return request(vm, { pid: `${pid}` }, "", find)
})

const netnsOf = (pid: number): Place => `/proc/${pid}/ns/net`

/** Refused without a trace, at the target too; gives the error. */
const refused = Effect.fnUntraced(function* (asked: ReturnType<typeof request>, at?: Place) {
  const vmnet = yield* Vmnet
  const before = at === undefined ? [] : yield* linksAt(at)
  const error = yield* leavesNoTrace(Effect.flip(vmnet.up(asked)))
  if (at !== undefined) assert.deepStrictEqual(yield* linksAt(at), before)
  return error
})

shareHost()("targets", (it) => {
  it.effect("a process in a namespace of its own gets eth0 there, works, and has nothing left after down", () =>
    leavesNoTrace(
      Effect.gen(function* () {
        const [host, vmnet] = [yield* PrivateHost, yield* Vmnet]
        const { pid } = yield* isolatedProcess
        const { attachment } = yield* vmnet.up(yield* intoProcess("vm1", pid))
        const eth0 = yield* linkAt(netnsOf(pid), "eth0")
        assert.deepStrictEqual([eth0.mac, eth0.addresses], [attachment.guest.mac, [attachment.guest.address]])
        assert.strictEqual(attachment.device.netns, netnsOf(pid))
        assert.strictEqual((yield* host.http(netnsOf(pid), web)).seen?.page, "internet")
        yield* vmnet.down("vm1")
        assert.isFalse((yield* linksAt(netnsOf(pid))).some(({ link }) => link === "eth0"))
        assert.deepStrictEqual(yield* routesAt(netnsOf(pid)), [])
      })
    )
  )

  it.effect("a pid that belongs to another process by now is refused", () =>
    Effect.gen(function* () {
      const { pid } = yield* isolatedProcess
      const asked = yield* intoProcess("vm1", pid)
      const earlier = { ...asked, target: { _tag: "Process", pid, startTime: "1" } } as const
      const error = yield* refused(earlier, netnsOf(pid))
      assert.include(error.message, `the namespace of process ${pid} is not a network namespace`)
    })
  )

  it.effect("a process that ended before up is refused", () =>
    Effect.gen(function* () {
      const child = yield* isolatedProcess
      const asked = yield* intoProcess("vm1", child.pid)
      yield* kill(child)
      const error = yield* refused(asked)
      assert.include(error.message, `the namespace of process ${child.pid} is not a network namespace`)
    })
  )

  it.effect("down works after the process and its namespace are gone", () =>
    leavesNoTrace(
      Effect.gen(function* () {
        const vmnet = yield* Vmnet
        const child = yield* isolatedProcess
        yield* vmnet.up(yield* intoProcess("vm1", child.pid))
        yield* kill(child)
        assert.deepStrictEqual(yield* vmnet.down("vm1"), { vm: "vm1", outcome: "removed" })
      })
    )
  )

  it.effect("down works after the named namespace was deleted", () =>
    leavesNoTrace(
      Effect.gen(function* () {
        const vmnet = yield* Vmnet
        yield* runOk("host", ["ip", "netns", "add", "box"])
        yield* vmnet.up(request("vm1", { netns: "/run/netns/box" }))
        yield* runOk("host", ["ip", "netns", "delete", "box"])
        assert.deepStrictEqual(yield* vmnet.down("vm1"), { vm: "vm1", outcome: "removed" })
      })
    )
  )

  it.effect("down leaves alone what somebody made under the name of a deleted namespace", () =>
    leavesNoTrace(
      Effect.gen(function* () {
        const vmnet = yield* Vmnet
        yield* runOk("host", ["ip", "netns", "add", "box"])
        const { attachment } = yield* vmnet.up(request("vm1", { netns: "/run/netns/box" }))
        yield* runOk("host", ["ip", "netns", "delete", "box"])
        const again = yield* emptyNetns("box")
        yield* runOk(again, ["ip", "link", "add", "eth0", "type", "bridge"])
        yield* runOk(again, ["ip", "address", "add", attachment.guest.address, "dev", "eth0"])
        const theirs = yield* linksAt(again)
        yield* vmnet.down("vm1")
        assert.deepStrictEqual(yield* linksAt(again), theirs)
      })
    )
  )

  it.effect("a target that has an eth0 already is refused and keeps it as it is", () =>
    Effect.gen(function* () {
      const box = yield* emptyNetns("box")
      yield* runOk(box, ["ip", "link", "add", "eth0", "type", "bridge"])
      const error = yield* refused(request("vm1", { netns: box }), box)
      assert.deepStrictEqual([error.code, error.exitCode], ["NAME_TAKEN", 4])
      assert.include(error.message, `add eth0 in ${box} failed (Exists)`)
    })
  )

  it.effect("a target that has a default route already is refused and keeps it", () =>
    Effect.gen(function* () {
      const box = yield* emptyNetns("box")
      yield* runOk(box, ["ip", "link", "add", "other", "type", "bridge"])
      yield* runOk(box, ["ip", "address", "add", "10.99.0.2/24", "dev", "other"])
      yield* runOk(box, ["ip", "link", "set", "other", "up"])
      yield* runOk(box, ["ip", "route", "add", "default", "via", "10.99.0.1"])
      const before = yield* routesAt(box)
      const error = yield* refused(request("vm1", { netns: box }), box)
      assert.include(error.message, "default on eth0")
      assert.deepStrictEqual(yield* routesAt(box), before)
    })
  )

  it.effect.each([
    { what: "is not there", path: "/run/netns/nowhere" },
    { what: "is an ordinary file", path: "/run/netns/file" },
    { what: "is a namespace of another kind", path: "/proc/self/ns/uts" }
  ])("a target that $what is refused", ({ path }) =>
    Effect.gen(function* () {
      yield* changing("host", "touch /run/netns/file", "rm /run/netns/file")
      const error = yield* refused(request("vm1", { netns: path }))
      assert.include(error.message, path)
    })
  )

  it.effect("the port of a container carries its owner's name, and so does its eth0", () =>
    leavesNoTrace(
      Effect.gen(function* () {
        const { netns } = yield* container("vm1")
        const tag = (yield* portOf(netns)).alias
        assert.match(tag, /^vmnet:[0-9a-f]{8}:vm1:\d+$/)
        assert.strictEqual((yield* linkAt(netns, "eth0")).alias, tag)
      })
    )
  )
})

shareHost({ uplinks: [{ name: "ens3", address: "192.0.2.10/24", gateway: "192.0.2.1", metric: 100 }] })(
  "the host itself",
  (it) => {
    it.effect("is no target, by a process of its own or by name: it would get a guest's route", () =>
      Effect.gen(function* () {
        const own = "/run/netns/own"
        yield* changing("host", `ip netns attach own ${process.pid}`, "ip netns delete own")
        for (const asked of [yield* intoProcess("vm1", process.pid), request("vm1", { netns: own })]) {
          const error = yield* refused(asked, "host")
          assert.include(error.message, "is the host's own network namespace")
          assert.strictEqual(error.exitCode, 2)
        }
      })
    )
  }
)
