import { assert } from "@effect/vitest"
import { Vmnet } from "@vmnet/core"
import { PrivateHost } from "@vmnet/testkit"
import { Effect } from "effect"
import { request } from "./support/memoryHost.ts"
import { readOnly } from "./support/readOnly.ts"
import { container, leavesNoTrace, shareHost, tap } from "./support/realHost.ts"
import { assertSysctls, ownForwarding, setSysctl, sysctl } from "./support/sysctls.ts"

const web = "http://203.0.113.10/"
const published = "http://192.0.2.10:8080/"
const require = "forwarding: require"
const perInterface = "forwarding: per-interface"

/** A guest that serves on its published port 8080 and reaches the internet. */
const workingGuest = Effect.fnUntraced(function* (vm: string, config = "") {
  const host = yield* PrivateHost
  const guest = yield* container(vm, { publish: ["8080:80"] }, config)
  yield* host.serve(guest.netns, { port: 80, page: vm })
  assert.strictEqual((yield* host.http(guest.netns, web)).seen?.page, "internet")
  assert.strictEqual((yield* host.http("lan", published)).seen?.page, vm)
  return guest
})

shareHost()("forwarding", (it) => {
  it.effect("ip_forward is 0 before the first of two VMs, 1 until the last one is down, and 0 again", () =>
    leavesNoTrace(
      Effect.gen(function* () {
        const vmnet = yield* Vmnet
        assert.strictEqual(sysctl("ipv4/ip_forward"), "0")
        yield* tap("vm1")
        yield* tap("vm2")
        assert.strictEqual(sysctl("ipv4/ip_forward"), "1")
        yield* vmnet.down("vm1")
        assert.strictEqual(sysctl("ipv4/ip_forward"), "1")
        yield* vmnet.down("vm2")
        assert.strictEqual(sysctl("ipv4/ip_forward"), "0")
      })
    )
  )

  it.effect("on a host that forwards, no parameter of the host's own is ever written", () =>
    leavesNoTrace(
      Effect.gen(function* () {
        yield* ownForwarding
        setSysctl("ipv4/ip_forward", "1")
        yield* readOnly("/proc/sys/net/ipv4/ip_forward")
        for (const device of ["all", "default", "lo", "eth0"]) yield* readOnly(`/proc/sys/net/ipv4/conf/${device}`)
        const vmnet = yield* Vmnet
        yield* workingGuest("vm1")
        yield* tap("vm2")
        yield* vmnet.down("vm1")
        yield* vmnet.down("vm2")
        assert.strictEqual(sysctl("ipv4/ip_forward"), "1")
      })
    )
  )

  it.effect("what somebody else changed while VMs were up stays as he left it", () =>
    Effect.gen(function* () {
      yield* ownForwarding
      const vmnet = yield* Vmnet
      yield* tap("vm1")
      setSysctl("ipv4/ip_forward", "0")
      setSysctl("ipv4/conf/eth0/forwarding", "1")
      setSysctl("ipv4/conf/all/accept_redirects", "0")
      yield* vmnet.down("vm1")
      const theirs = { "ipv4/ip_forward": "0", "ipv4/conf/eth0/forwarding": "1", "ipv4/conf/all/accept_redirects": "0" }
      assertSysctls(theirs)
    })
  )

  it.effect("a host that forwarded and was told to stop while VMs were up does not start again", () =>
    Effect.gen(function* () {
      yield* ownForwarding
      setSysctl("ipv4/ip_forward", "1")
      const vmnet = yield* Vmnet
      yield* tap("vm1")
      setSysctl("ipv4/ip_forward", "0")
      yield* vmnet.down("vm1")
      assertSysctls({ "ipv4/ip_forward": "0", "ipv4/conf/eth0/forwarding": "0" })
    })
  )

  it.effect("interfaces that forwarded on their own still do afterwards, and the others do not", () =>
    leavesNoTrace(
      Effect.gen(function* () {
        yield* ownForwarding
        setSysctl("ipv4/conf/eth0/forwarding", "1")
        setSysctl("ipv4/conf/default/forwarding", "1")
        setSysctl("ipv4/conf/all/accept_redirects", "0")
        const own = {
          "ipv4/ip_forward": "0",
          "ipv4/conf/all/accept_redirects": "0",
          "ipv4/conf/default/forwarding": "1",
          "ipv4/conf/eth0/forwarding": "1",
          "ipv4/conf/lo/forwarding": "0"
        }
        assertSysctls(own)
        const vmnet = yield* Vmnet
        yield* workingGuest("vm1")
        yield* vmnet.down("vm1")
        assertSysctls(own)
      })
    )
  )

  it.effect("an interface whose forwarding somebody switched off while VMs were up stays off", () =>
    Effect.gen(function* () {
      yield* ownForwarding
      setSysctl("ipv4/conf/eth0/forwarding", "1")
      setSysctl("ipv4/conf/all/accept_redirects", "0")
      const vmnet = yield* Vmnet
      yield* tap("vm1")
      setSysctl("ipv4/conf/eth0/forwarding", "0")
      setSysctl("ipv4/conf/all/accept_redirects", "1")
      yield* vmnet.down("vm1")
      const theirs = { "ipv4/conf/eth0/forwarding": "0", "ipv4/conf/all/accept_redirects": "1" }
      assertSysctls({ "ipv4/ip_forward": "0", ...theirs })
    })
  )

  it.effect("per-interface forwarding leaves the global switch alone, and traffic flows", () =>
    leavesNoTrace(
      Effect.gen(function* () {
        yield* readOnly("/proc/sys/net/ipv4/ip_forward")
        const vmnet = yield* Vmnet
        const guest = yield* workingGuest("vm1", perInterface)
        assert.isDefined(guest)
        assertSysctls({ "ipv4/ip_forward": "0", "ipv4/conf/eth0/forwarding": "1", "ipv4/conf/lo/forwarding": "0" })
        yield* vmnet.down("vm1")
        assertSysctls({ "ipv4/ip_forward": "0", "ipv4/conf/eth0/forwarding": "0" })
      })
    )
  )

  it.effect("guests are forwarded where new interfaces are not by default", () =>
    leavesNoTrace(
      Effect.gen(function* () {
        yield* ownForwarding
        setSysctl("ipv4/ip_forward", "1")
        setSysctl("ipv4/conf/default/forwarding", "0")
        yield* workingGuest("vm1")
        assertSysctls({ "ipv4/conf/default/forwarding": "0" })
      })
    )
  )
})

shareHost()("forwarding: require", (it) => {
  /** `sysctl -w KEY=VALUE`, as the hint has them. */
  const refusal = Effect.gen(function* () {
    const vmnet = yield* Vmnet
    const error = yield* Effect.flip(vmnet.up(request("vm1", {}, require)))
    const commands = error.details?.commands as ReadonlyArray<string>
    assert.deepStrictEqual([error.code, error.exitCode], ["FORWARDING_OFF", 6])
    assert.strictEqual(error.hint, `Turn it on: ${commands.join(" && ")}`)
    return commands
  })

  it.effect("a host that does not forward is refused without a trace, with the commands that make it work", () =>
    Effect.gen(function* () {
      yield* ownForwarding
      const host = yield* PrivateHost
      setSysctl("ipv4/conf/default/forwarding", "0")
      const commands = yield* leavesNoTrace(refusal)
      assert.deepStrictEqual(commands, [
        "sysctl -w net.ipv4.ip_forward=1",
        "sysctl -w net.ipv4.conf.default.forwarding=1"
      ])
      for (const command of commands) {
        const { exitCode } = yield* host.run("host", command.split(" "))
        assert.strictEqual(exitCode, 0)
      }
      yield* workingGuest("vm1", require)
    }).pipe(Effect.scoped)
  )

  it.effect("new interfaces have to forward by default too", () =>
    Effect.gen(function* () {
      yield* ownForwarding
      setSysctl("ipv4/ip_forward", "1")
      setSysctl("ipv4/conf/default/forwarding", "0")
      assert.deepStrictEqual(yield* refusal, ["sysctl -w net.ipv4.conf.default.forwarding=1"])
    })
  )

  it.effect("no parameter of any kind is written at any time", () =>
    leavesNoTrace(
      Effect.gen(function* () {
        yield* ownForwarding
        setSysctl("ipv4/ip_forward", "1")
        yield* readOnly("/proc/sys")
        const vmnet = yield* Vmnet
        yield* workingGuest("vm1", require)
        yield* tap("vm2", {}, require)
        yield* vmnet.down("vm1")
        yield* vmnet.down("vm2")
      })
    )
  )
})
