import { assert, describe, it } from "@effect/vitest"
import {
  hostNetns,
  LinkOps,
  type NetworkSpec,
  Progress,
  type ProgressStep,
  SysctlOps,
  Vmnet,
  type VmnetError
} from "@vmnet/core"
import { Effect, Struct } from "effect"
import { layerMachine, type Machine, onMachine } from "./support/machine.ts"
import { assertSame } from "./support/same.ts"
import { request } from "./support/request.ts"

const config = (pool: string) =>
  `networks: { fleet: { backend: tap, subnet: 10.9.0.0/24, cooldown: 0, pool: ${pool} } }`
const on = (vm: string, pool: string, flags = {}) => request(vm, { network: "fleet", ...flags }, config(pool))
const spec = (pool: string): NetworkSpec => on("any", pool).network

const words = (error: VmnetError) => [error.code, error.exitCode]

const poolOf = Effect.fnUntraced(function* (pool: string) {
  const vmnet = yield* Vmnet
  const [network] = yield* vmnet.networks({ config: [spec(pool)], default: [] })
  return network?.pool
})

/** A TAP that is kept keeps its own parameters, which mean nothing without a guest behind it. */
const withoutSysctls = ({ kernel }: Machine) =>
  Object.fromEntries(
    Object.entries(kernel.snapshot()).map(([key, one]) => [key, Struct.omit(one, ["sysctls", "forwarding"])])
  )

const tapsOf = ({ kernel }: Machine): ReadonlyArray<string> => Object.keys(tapsIn(kernel.snapshot())).toSorted()

const tapsIn = (snapshot: ReturnType<Machine["kernel"]["snapshot"]>): Readonly<Record<string, unknown>> =>
  Object.fromEntries(
    [...JSON.stringify(snapshot).matchAll(/"link":"(vmt[a-z2-7]{12})"/g)].map((match) => [match[1]!, true])
  )

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
        const warm = withoutSysctls(machine)
        const made = tapsOf(machine)
        const first = yield* vmnet.up(on("vm1", pool))
        assert.include(made, first.attachment.device.name)
        assert.deepStrictEqual(tapsOf(machine), made)
        assert.deepStrictEqual(yield* poolOf(pool), { ready: 1, leased: 1 })
        assert.deepStrictEqual((yield* vmnet.status).pools, [{ network: "fleet", ready: 1, leased: 1 }])
        yield* vmnet.down("vm1")
        assertSame(withoutSysctls(machine), warm, "after down")
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

describe("a TAP that is not as it was made", () => {
  it.live("is not handed out while a process has it open, and not deleted under it", () =>
    onMachine((machine) =>
      Effect.gen(function* () {
        const pool = "{ warm: 1 }"
        const vmnet = yield* Vmnet
        yield* vmnet.warm(spec(pool))
        const [held] = tapsOf(machine)
        const vmm = machine.kernel.host.startProcess()
        machine.kernel.host.openTap(vmm.pid, held!)
        const { attachment } = yield* vmnet.up(on("vm1", pool))
        assert.notStrictEqual(attachment.device.name, held)
        assert.deepStrictEqual(yield* poolOf(pool), { ready: 1, leased: 1 })
        yield* vmnet.down("vm1")
        const refused = yield* Effect.flip(vmnet.removeNetwork("fleet"))
        assert.deepStrictEqual(words(refused), ["NETWORK_IN_USE", 4])
        assert.include(refused.message, held!)
        assert.include(tapsOf(machine), held)
        machine.kernel.host.endProcess(vmm.pid)
        yield* vmnet.removeNetwork("fleet")
        assert.deepStrictEqual(tapsOf(machine), [])
      })
    )
  )

  it.live("goes before the rules about it when the VMM still has it open", () =>
    onMachine((machine) =>
      Effect.gen(function* () {
        const vmnet = yield* Vmnet
        const asked = on("vm1", "{ warm: 1 }")
        const { attachment } = yield* vmnet.up(asked)
        machine.kernel.host.openTap(machine.kernel.host.startProcess().pid, attachment.device.name)
        const steps: Array<string> = []
        const collect = ({ step }: ProgressStep) => Effect.sync(() => void steps.push(step))
        yield* Effect.provideService(vmnet.down("vm1"), Progress, collect)
        assert.strictEqual(steps[0], `delete tap ${attachment.device.name}`)
      })
    )
  )

  it.live("is destroyed when its VM is taken down while the VMM still has it open", () =>
    onMachine((machine) =>
      Effect.gen(function* () {
        const pool = "{ warm: 1 }"
        const vmnet = yield* Vmnet
        const { attachment } = yield* vmnet.up(on("vm1", pool))
        machine.kernel.host.openTap(machine.kernel.host.startProcess().pid, attachment.device.name)
        yield* vmnet.down("vm1")
        assert.deepStrictEqual([yield* poolOf(pool), tapsOf(machine)], [{ ready: 0, leased: 0 }, []])
      })
    )
  )

  const changes: ReadonlyArray<readonly [string, (machine: Machine, tap: string) => void]> = [
    [
      "has a route of somebody's",
      ({ kernel }, tap) => kernel.foreign.route(hostNetns, { destination: "10.99.0.0/24", link: tap })
    ],
    [
      "has another owner",
      ({ kernel }, tap) => kernel.foreign.change(hostNetns, tap, { owner: { uid: 1000, gid: null } })
    ],
    ["has a group", ({ kernel }, tap) => kernel.foreign.change(hostNetns, tap, { owner: { uid: 0, gid: 1000 } })],
    ["has another MAC", ({ kernel }, tap) => kernel.foreign.change(hostNetns, tap, { mac: "02:fc:00:00:00:99" })],
    ["has another MTU", ({ kernel }, tap) => kernel.foreign.change(hostNetns, tap, { mtu: 9000 })],
    ["is a port of a bridge", ({ kernel }, tap) => kernel.foreign.change(hostNetns, tap, { master: "br0" })],
    [
      "has another parameter",
      ({ kernel }, tap) => kernel.foreign.sysctl(hostNetns, ["net", "ipv4", "conf", tap, "rp_filter"], "0")
    ],
    ["is down", ({ kernel }, tap) => kernel.foreign.linkDown(hostNetns, tap)],
    ["is gone", ({ kernel }, tap) => kernel.foreign.unplug(hostNetns, tap)]
  ]
  const others = changes.filter(([what]) => !what.includes("route"))
  it.live.each(others)("is not returned when it %s", ([, change]) =>
    onMachine((machine) =>
      Effect.gen(function* () {
        const pool = "{ warm: 1 }"
        const vmnet = yield* Vmnet
        const { attachment } = yield* vmnet.up(on("vm1", pool))
        change(machine, attachment.device.name)
        yield* vmnet.down("vm1")
        assert.deepStrictEqual([yield* poolOf(pool), tapsOf(machine)], [{ ready: 0, leased: 0 }, []])
      })
    )
  )

  it.live.each(changes)("is passed over for another when it %s", ([, change]) =>
    onMachine((machine) =>
      Effect.gen(function* () {
        const pool = "{ warm: 1 }"
        const vmnet = yield* Vmnet
        yield* vmnet.warm(spec(pool))
        const [ready] = tapsOf(machine)
        change(machine, ready!)
        const { attachment } = yield* vmnet.up(on("vm1", pool))
        assert.notStrictEqual(attachment.device.name, ready)
        assert.deepStrictEqual(tapsOf(machine), [attachment.device.name])
      })
    )
  )

  const rulesOf = (tap: string) =>
    [
      { set: "segments", key: [tap] },
      { set: "hairpins", key: [tap, tap] },
      { set: "masqueraded", key: [tap] }
    ] as const

  it.live("is passed over when its rules are gone", () =>
    onMachine(({ kernel, ...machine }) =>
      Effect.gen(function* () {
        const pool = "{ warm: 1 }"
        const vmnet = yield* Vmnet
        yield* vmnet.warm(spec(pool))
        const [ready] = tapsOf({ kernel, ...machine })
        for (const rule of rulesOf(ready!)) kernel.foreign.deleteNatEntry(hostNetns, rule)
        const { attachment } = yield* vmnet.up(on("vm1", pool))
        assert.notStrictEqual(attachment.device.name, ready)
      })
    )
  )

  it.live("serves nobody with half of its rules", () =>
    onMachine(({ kernel, ...machine }) =>
      Effect.gen(function* () {
        const pool = "{ warm: 1 }"
        const vmnet = yield* Vmnet
        yield* vmnet.warm(spec(pool))
        const [ready] = tapsOf({ kernel, ...machine })
        kernel.foreign.deleteNatEntry(hostNetns, rulesOf(ready!)[0])
        const error = yield* Effect.flip(vmnet.up(on("vm1", pool)))
        assert.include(error.message, `${ready}, ready in the pool of fleet, is not as it was made`)
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
