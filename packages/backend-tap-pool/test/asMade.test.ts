import { assert, describe, it } from "@effect/vitest"
import { hostNetns, Progress, type ProgressStep, Vmnet } from "@vmnet/core"
import { Effect } from "effect"
import { on, poolOf, spec, tapsOf, words } from "./support/fleet.ts"
import { type Machine, onMachine } from "./support/machine.ts"

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

  it.live("is passed over with half of its rules, and what is left of them goes with it", () =>
    onMachine(({ kernel, ...machine }) =>
      Effect.gen(function* () {
        const pool = "{ warm: 1 }"
        const vmnet = yield* Vmnet
        yield* vmnet.warm(spec(pool))
        const [ready] = tapsOf({ kernel, ...machine })
        kernel.foreign.deleteNatEntry(hostNetns, rulesOf(ready!)[0])
        const { attachment } = yield* vmnet.up(on("vm1", pool))
        assert.notStrictEqual(attachment.device.name, ready)
        assert.notInclude(JSON.stringify(kernel.snapshot()["host"]), ready!)
      })
    )
  )
})
