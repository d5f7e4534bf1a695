import { assert, describe, it } from "@effect/vitest"
import { hostNetns, LinkOps, SysctlOps, Vmnet } from "@vmnet/core"
import { assertSame } from "@vmnet/testkit/conformance"
import { Effect } from "effect"
import { on, poolOf, spec, tapsOf, words } from "./support/fleet.ts"
import { layerMachine, onMachine } from "./support/machine.ts"

describe("a pool of TAPs", () => {
  it.live("is made ahead, had by one VM after the other, and gone with its network", () =>
    onMachine((machine) =>
      Effect.gen(function* () {
        const pool = "{ warm: 2 }"
        const vmnet = yield* Vmnet
        const empty = machine.kernel.snapshot()
        const result = yield* vmnet.warm(spec(pool))
        assert.deepStrictEqual(result, { network: "fleet", made: 2, ready: 2, leased: 0 })
        assert.strictEqual((yield* vmnet.warm(spec(pool))).made, 0)
        const warm = machine.kernel.snapshot()
        const made = tapsOf(machine)
        const first = yield* vmnet.up(on("vm1", pool))
        assert.include(made, first.attachment.device.name)
        assert.deepStrictEqual(tapsOf(machine), made)
        assert.deepStrictEqual(yield* poolOf(pool), { ready: 1, leased: 1 })
        assert.deepStrictEqual((yield* vmnet.status).pools, [{ network: "fleet", ready: 1, leased: 1 }])
        yield* vmnet.down("vm1")
        assertSame(machine.kernel.snapshot(), warm, "after down")
        assert.deepStrictEqual(yield* poolOf(pool), { ready: 2, leased: 0 })
        const second = yield* vmnet.up(on("vm2", pool))
        assert.strictEqual(second.attachment.device.name, first.attachment.device.name)
        assert.notStrictEqual(second.attachment.guest.mac, first.attachment.guest.mac)
        assert.deepStrictEqual(words(yield* Effect.flip(vmnet.removeNetwork("fleet"))), ["NETWORK_IN_USE", 4])
        yield* vmnet.down("vm2")
        yield* vmnet.removeNetwork("fleet")
        assert.deepStrictEqual((yield* vmnet.status).pools, [])
        assert.deepStrictEqual(machine.kernel.snapshot(), empty)
      })
    )
  )

  it.live("has its parameters before anyone has it, whatever the forwarding mode", () =>
    onMachine((machine) =>
      Effect.gen(function* () {
        const vmnet = yield* Vmnet
        const sysctls = yield* SysctlOps
        yield* vmnet.warm(spec("{ warm: 1 }"))
        const [tap] = tapsOf(machine)
        const values = yield* Effect.forEach(
          [
            ["conf", "rp_filter"],
            ["conf", "proxy_arp"],
            ["neigh", "proxy_delay"]
          ],
          ([kind, name]) => sysctls.read(hostNetns, ["net", "ipv4", kind!, tap!, name!])
        )
        assert.deepStrictEqual(values, ["1", "1", "0"])
      })
    )
  )

  it.live("has at most its size of them, in use and ready", () =>
    onMachine((machine) =>
      Effect.gen(function* () {
        const pool = "{ size: 2 }"
        const vmnet = yield* Vmnet
        yield* vmnet.up(on("vm1", pool))
        assert.strictEqual((yield* vmnet.warm(spec(pool))).made, 1)
        yield* vmnet.up(on("vm2", pool))
        assert.deepStrictEqual(words(yield* Effect.flip(vmnet.up(on("vm3", pool)))), ["POOL_EXHAUSTED", 5])
        assert.strictEqual(tapsOf(machine).length, 2)
        yield* vmnet.down("vm1")
        yield* vmnet.up(on("vm3", pool))
        assert.strictEqual(tapsOf(machine).length, 2)
      })
    )
  )

  it.live("keeps no more ready than it is told to, and grows by VMs that find none", () =>
    onMachine((machine) =>
      Effect.gen(function* () {
        const pool = "{ warm: 1 }"
        const vmnet = yield* Vmnet
        yield* vmnet.up(on("vm1", pool))
        yield* vmnet.up(on("vm2", pool))
        yield* vmnet.down("vm1")
        assert.deepStrictEqual(yield* poolOf(pool), { ready: 1, leased: 1 })
        yield* vmnet.down("vm2")
        assert.deepStrictEqual(yield* poolOf(pool), { ready: 1, leased: 0 })
        assert.strictEqual(tapsOf(machine).length, 1)
      })
    )
  )

  it.live("keeps no more ready than it is told to when several VMs go at once", () =>
    onMachine((machine) =>
      Effect.gen(function* () {
        const pool = "{ warm: 1 }"
        const vmnet = yield* Vmnet
        const vms = ["vm1", "vm2", "vm3", "vm4"]
        for (const vm of vms) yield* vmnet.up(on(vm, pool))
        yield* Effect.forEach(vms, (vm) => vmnet.down(vm), { concurrency: "unbounded" })
        assert.deepStrictEqual(yield* poolOf(pool), { ready: 1, leased: 0 })
        assert.strictEqual(tapsOf(machine).length, 1)
      })
    )
  )

  it.live("counts none that was made with other settings, and loses those when it is warmed", () =>
    onMachine((machine) =>
      Effect.gen(function* () {
        const vmnet = yield* Vmnet
        const before = "{ size: 2 }"
        const after = "{ size: 2 }, mtu: 1400"
        yield* vmnet.warm(spec(before))
        const old = tapsOf(machine)
        const { attachment } = yield* vmnet.up(on("vm1", after))
        assert.notInclude(old, attachment.device.name)
        yield* vmnet.down("vm1")
        assert.deepStrictEqual(yield* poolOf(after), { ready: 3, leased: 0 })
        yield* vmnet.up(on("vm1", after))
        const open = machine.kernel.host.startProcess()
        machine.kernel.host.openTap(open.pid, old[0]!)
        assert.deepStrictEqual(yield* vmnet.warm(spec(after)), { network: "fleet", made: 1, ready: 1, leased: 1 })
        assert.strictEqual(tapsOf(machine).length, 3)
        assert.include(tapsOf(machine), old[0])
        machine.kernel.host.endProcess(open.pid)
        yield* vmnet.warm(spec(after))
        assert.deepStrictEqual([tapsOf(machine).length, yield* poolOf(after)], [2, { ready: 1, leased: 1 }])
        const now: ReadonlyArray<string> = tapsOf(machine)
        for (const tap of old) assert.notInclude(now, tap)
        yield* vmnet.down("vm1")
        assert.deepStrictEqual(yield* poolOf(after), { ready: 2, leased: 0 })
      })
    )
  )

  it.live("does not give a TAP to another user than it was made for", () =>
    onMachine(() =>
      Effect.gen(function* () {
        const pool = "{ warm: 1, owner: 1000 }"
        const vmnet = yield* Vmnet
        yield* vmnet.warm(spec(pool))
        const other = yield* vmnet.up(on("other", pool, { tapOwner: "2000" }))
        assert.deepStrictEqual(yield* poolOf(pool), { ready: 1, leased: 1 })
        const own = yield* vmnet.up(on("own", pool, { tapOwner: "1000" }))
        assert.deepStrictEqual(yield* poolOf(pool), { ready: 0, leased: 2 })
        assert.notStrictEqual(own.attachment.device.name, other.attachment.device.name)
      })
    )
  )
})

describe("a pool and other processes", () => {
  it.live("a TAP whose maker has died is cleared up by whoever warms the network next", () =>
    onMachine((machine) =>
      Effect.gen(function* () {
        const pool = "{ warm: 1 }"
        const vmnet = yield* Vmnet
        yield* vmnet.warm(spec(pool))
        const links = yield* LinkOps
        const [tap] = tapsOf(machine)
        assert.match((yield* links.find(hostNetns, [tap!]))[0]!.alias, /^vmnet:0123abcd:@pool\.fleet\.1:0$/)
        machine.kernel.host.reboot()
        machine.kernel.foreign.link(hostNetns, { link: "eth0", up: true, addresses: ["192.0.2.10/24"] })
        const after = yield* Effect.gen(function* () {
          const again = yield* Vmnet
          return yield* again.warm(spec(pool))
        }).pipe(Effect.provide(layerMachine(machine)))
        assert.deepStrictEqual(after, { network: "fleet", made: 1, ready: 1, leased: 0 })
      })
    )
  )

  it.live("VMs that come and go at once share what is ready and leave nothing else", () =>
    onMachine((machine) =>
      Effect.gen(function* () {
        const pool = "{ warm: 3 }"
        const vmnet = yield* Vmnet
        const empty = machine.kernel.snapshot()
        yield* vmnet.warm(spec(pool))
        const vms = Array.from({ length: 8 }, (_, index) => `vm${index}`)
        const round = (vm: string) =>
          Effect.gen(function* () {
            const { attachment } = yield* vmnet.up(on(vm, pool))
            yield* Effect.yieldNow
            yield* vmnet.down(vm)
            return attachment.device.name
          })
        yield* Effect.forEach(vms, round, { concurrency: "unbounded" })
        yield* vmnet.removeNetwork("fleet")
        assert.deepStrictEqual(machine.kernel.snapshot(), empty)
      })
    )
  )
})
