import { assert, describe, it } from "@effect/vitest"
import { hostNetns, type SysctlKey, Vmnet } from "@vmnet/core"
import { assertSame } from "@vmnet/testkit/conformance"
import { Effect } from "effect"
import { bridgeDevice, forwardingOf, ipForward, onMachine, sysctl, writeSysctl } from "./support/host.ts"
import { request } from "./support/memoryHost.ts"

const acceptRedirects: SysctlKey = ["net", "ipv4", "conf", "all", "accept_redirects"]

const perInterface = "forwarding: per-interface"

describe("forwarding: global", () => {
  it.effect("is turned on with the first VM and off with the last, and every flag is as it was", () =>
    onMachine(({ kernel }) =>
      Effect.gen(function* () {
        const vmnet = yield* Vmnet
        const before = kernel.snapshot()
        assert.deepStrictEqual([yield* sysctl(ipForward), yield* sysctl(forwardingOf("eth1"))], ["0", "1"])
        yield* vmnet.up(request("vm1"))
        yield* vmnet.up(request("vm2"))
        assert.deepStrictEqual([yield* sysctl(ipForward), yield* sysctl(forwardingOf("eth0"))], ["1", "1"])
        yield* vmnet.down("vm1")
        assert.strictEqual(yield* sysctl(ipForward), "1")
        yield* vmnet.down("vm2")
        assertSame(kernel.snapshot(), before, "after the last")
      })
    )
  )

  it.effect("is never written when it is on already, and accept_redirects stays what somebody chose", () =>
    onMachine(({ kernel }) =>
      Effect.gen(function* () {
        const vmnet = yield* Vmnet
        yield* writeSysctl(ipForward, "1")
        yield* writeSysctl(acceptRedirects, "1")
        yield* writeSysctl(forwardingOf("eth1"), "0")
        const before = kernel.snapshot()
        yield* vmnet.up(request("vm1"))
        assert.strictEqual(yield* sysctl(forwardingOf("eth1")), "0")
        assert.strictEqual(yield* sysctl(acceptRedirects), "1")
        yield* vmnet.down("vm1")
        assertSame(kernel.snapshot(), before, "afterwards")
      })
    )
  )

  it.effect("puts accept_redirects back, which its change resets", () =>
    onMachine(({ kernel }) =>
      Effect.gen(function* () {
        const vmnet = yield* Vmnet
        yield* writeSysctl(acceptRedirects, "0")
        const before = kernel.snapshot()
        yield* vmnet.up(request("vm1"))
        yield* vmnet.down("vm1")
        assertSame(kernel.snapshot(), before, "afterwards")
      })
    )
  )

  it.effect("that somebody else has turned off meanwhile stays off, and what they had reset stays so", () =>
    onMachine(() =>
      Effect.gen(function* () {
        const vmnet = yield* Vmnet
        yield* vmnet.up(request("vm1"))
        yield* writeSysctl(ipForward, "0")
        yield* vmnet.down("vm1")
        assert.deepStrictEqual([yield* sysctl(ipForward), yield* sysctl(forwardingOf("eth1"))], ["0", "0"])
      })
    )
  )

  it.effect("leaves flags that somebody else has changed meanwhile as they are", () =>
    onMachine(() =>
      Effect.gen(function* () {
        const vmnet = yield* Vmnet
        yield* vmnet.up(request("vm1"))
        yield* writeSysctl(forwardingOf("eth1"), "0")
        yield* writeSysctl(acceptRedirects, "1")
        yield* vmnet.down("vm1")
        assert.deepStrictEqual(
          [yield* sysctl(ipForward), yield* sysctl(forwardingOf("eth1")), yield* sysctl(acceptRedirects)],
          ["0", "0", "1"]
        )
      })
    )
  )

  it.effect("is put back although a device has vanished meanwhile, and another has come", () =>
    onMachine(({ kernel }) =>
      Effect.gen(function* () {
        const vmnet = yield* Vmnet
        yield* vmnet.up(request("vm1"))
        kernel.foreign.unplug(hostNetns, "eth1")
        kernel.foreign.link(hostNetns, { link: "eth2", up: true })
        yield* vmnet.down("vm1")
        assert.deepStrictEqual([yield* sysctl(ipForward), yield* sysctl(forwardingOf("eth2"))], ["0", "0"])
      })
    )
  )

  it.effect("reaches an uplink that somebody had taken out, while VMs are up", () =>
    onMachine(({ kernel }) =>
      Effect.gen(function* () {
        const vmnet = yield* Vmnet
        yield* writeSysctl(ipForward, "1")
        yield* writeSysctl(forwardingOf("eth0"), "0")
        const before = kernel.snapshot()
        yield* vmnet.up(request("vm1"))
        assert.strictEqual(yield* sysctl(forwardingOf("eth0")), "1")
        yield* vmnet.down("vm1")
        assertSame(kernel.snapshot(), before, "afterwards")
      })
    )
  )

  it.effect("reaches a network's bridge whatever new devices are born with", () =>
    onMachine(() =>
      Effect.gen(function* () {
        const vmnet = yield* Vmnet
        yield* writeSysctl(ipForward, "1")
        yield* writeSysctl(forwardingOf("default"), "0")
        yield* vmnet.up(request("vm1"))
        assert.strictEqual(yield* sysctl(forwardingOf(yield* bridgeDevice)), "1")
        assert.strictEqual(yield* sysctl(forwardingOf("default")), "0")
      })
    )
  )
})

describe("forwarding: per-interface", () => {
  it.effect("turns on the bridge and the uplink, nothing else, and puts the uplink back", () =>
    onMachine(({ kernel }) =>
      Effect.gen(function* () {
        const vmnet = yield* Vmnet
        const before = kernel.snapshot()
        yield* vmnet.up(request("vm1", {}, perInterface))
        const { all, default: fallback, docker0, eth0, eth1, lo, ...ours } = kernel.snapshot()["host"]!.forwarding
        assert.deepStrictEqual({ all, fallback, docker0, lo }, { all: "0", fallback: "0", docker0: "0", lo: "0" })
        assert.deepStrictEqual([eth0, eth1], ["1", "1"])
        assert.strictEqual(ours[yield* bridgeDevice], "1")
        yield* vmnet.down("vm1")
        assertSame(kernel.snapshot(), before, "afterwards")
      })
    )
  )

  it.effect("leaves an uplink alone that forwards already", () =>
    onMachine(({ kernel }) =>
      Effect.gen(function* () {
        const vmnet = yield* Vmnet
        yield* writeSysctl(forwardingOf("eth0"), "1")
        const before = kernel.snapshot()
        yield* vmnet.up(request("vm1", {}, perInterface))
        yield* vmnet.down("vm1")
        assertSame(kernel.snapshot(), before, "afterwards")
      })
    )
  )

  it.effect("goes back without an uplink that was pulled out", () =>
    onMachine(({ kernel }) =>
      Effect.gen(function* () {
        const vmnet = yield* Vmnet
        yield* vmnet.up(request("vm1", {}, perInterface))
        kernel.foreign.unplug(hostNetns, "eth0")
        const without = kernel.snapshot()["host"]!.links.filter(({ link }) => !link.startsWith("vm"))
        yield* vmnet.down("vm1")
        assert.deepStrictEqual(kernel.snapshot()["host"]!.links, without)
      })
    )
  )
})

describe("forwarding: require", () => {
  it.effect("writes nothing, and fails with exit code 6 and the commands when the host does not forward", () =>
    onMachine(({ kernel }) =>
      Effect.gen(function* () {
        const vmnet = yield* Vmnet
        const before = kernel.snapshot()
        const error = yield* Effect.flip(vmnet.up(request("vm1", {}, "forwarding: require")))
        assert.deepStrictEqual([error.code, error.exitCode], ["FORWARDING_OFF", 6])
        assert.include(error.hint, "sysctl -w net.ipv4.ip_forward=1 && sysctl -w net.ipv4.conf.default.forwarding=1")
        assertSame(kernel.snapshot(), before, "afterwards")
        assert.deepStrictEqual(yield* vmnet.list, [])
      })
    )
  )

  it.effect("names an uplink that lets no answers in", () =>
    onMachine(({ kernel }) =>
      Effect.gen(function* () {
        const vmnet = yield* Vmnet
        yield* writeSysctl(ipForward, "1")
        yield* writeSysctl(forwardingOf("eth0"), "0")
        const before = kernel.snapshot()
        const error = yield* Effect.flip(vmnet.up(request("vm1", {}, "forwarding: require")))
        assert.deepStrictEqual([error.code, error.exitCode], ["FORWARDING_OFF", 6])
        assert.deepStrictEqual(error.details?.["commands"], ["sysctl -w net.ipv4.conf.eth0.forwarding=1"])
        assertSame(kernel.snapshot(), before, "afterwards")
      })
    )
  )

  it.effect("names only what is off, and writes no parameter of an older device when all is on", () =>
    onMachine(({ kernel }) =>
      Effect.gen(function* () {
        const vmnet = yield* Vmnet
        yield* writeSysctl(ipForward, "1")
        yield* writeSysctl(forwardingOf("default"), "0")
        const error = yield* Effect.flip(vmnet.up(request("vm1", {}, "forwarding: require")))
        assert.deepStrictEqual(error.details?.["commands"], ["sysctl -w net.ipv4.conf.default.forwarding=1"])
        yield* writeSysctl(forwardingOf("default"), "1")
        const before = kernel.snapshot()
        yield* vmnet.up(request("vm1", {}, "forwarding: require"))
        const { forwarding } = kernel.snapshot()["host"]!
        for (const [device, flag] of Object.entries(before["host"]!.forwarding)) {
          assert.strictEqual(forwarding[device], flag, device)
        }
        yield* vmnet.down("vm1")
        assertSame(kernel.snapshot(), before, "afterwards")
      })
    )
  )
})

describe("a port on 127.0.0.1 with forwarding: require", () => {
  it.effect("is refused by name, at once and later, since nothing would make it work", () =>
    onMachine(({ kernel }) =>
      Effect.gen(function* () {
        const vmnet = yield* Vmnet
        yield* writeSysctl(ipForward, "1")
        yield* vmnet.up(request("vm1", { publish: ["8080:80"] }, "forwarding: require"))
        const before = kernel.snapshot()
        const asked = request("vm2", { publish: ["127.0.0.1:9090:80"] }, "forwarding: require")
        const errors = [yield* Effect.flip(vmnet.up(asked)), yield* Effect.flip(vmnet.publish("vm1", asked.publish))]
        for (const error of errors) assert.deepStrictEqual([error.code, error.exitCode], ["OPTION_UNSUPPORTED", 2])
        assertSame(kernel.snapshot(), before, "untouched")
      })
    )
  )
})

describe("while a VM is up", () => {
  const modes = ["global", "per-interface", "require"] as const
  const pairs = modes.flatMap((one) => modes.filter((other) => other !== one).map((other) => ({ one, other })))

  it.effect.each(pairs)("with forwarding: $one, another is refused with $other, which would end it", ({ one, other }) =>
    onMachine(({ kernel }) =>
      Effect.gen(function* () {
        const vmnet = yield* Vmnet
        if (one === "require" || other === "require") yield* writeSysctl(ipForward, "1")
        const before = kernel.snapshot()
        yield* vmnet.up(request("vm1", {}, `forwarding: ${one}`))
        const up = kernel.snapshot()
        const error = yield* Effect.flip(vmnet.up(request("vm2", {}, `forwarding: ${other}`)))
        assert.deepStrictEqual([error.code, error.exitCode], ["NETWORK_CONFLICT", 4])
        assert.strictEqual(
          error.message,
          `vm2: forwarding is ${one} for vm1, which is up, and cannot be ${other} as well`
        )
        assertSame(kernel.snapshot(), up, "untouched")
        yield* vmnet.down("vm1")
        yield* vmnet.up(request("vm2", {}, `forwarding: ${other}`))
        yield* vmnet.down("vm2")
        assertSame(kernel.snapshot(), before, "afterwards")
      })
    )
  )
})
