import { assert, describe, it } from "@effect/vitest"
import { setImmediate } from "node:timers/promises"
import { type UpOptions, VmnetError } from "vmnet"
import { makeMachine, rejection } from "../support/machine.ts"
import { slowKernel } from "../support/slowKernel.ts"

const three = [{ vm: "a", publish: "8080:80" }, { vm: "b", publish: "8080:80" }, { vm: "c" }]

describe("many VMs as promises", () => {
  it("answer each for itself, as handles or errors", async () => {
    using machine = makeMachine()
    const before = machine.kernel.snapshot()
    await using vmnet = machine.vmnet()
    const [a, b, c] = await vmnet.upMany(three)
    assert.deepStrictEqual([a?.vm, a?.value?.state, c?.value?.state], ["a", "active", "active"])
    assert.isTrue(b?.error instanceof VmnetError)
    assert.strictEqual(b?.error?.code, "PORT_IN_USE")
    assert.deepStrictEqual(await vmnet.list(), [a!.value!.toJSON(), c!.value!.toJSON()])
    assert.deepStrictEqual(await a!.value!.down({ wait: true }), { vm: "a", outcome: "removed" })
    assert.deepStrictEqual(await vmnet.downMany(["a", "c"]), [
      { vm: "a", value: { vm: "a", outcome: "absent" } },
      { vm: "c", value: { vm: "c", outcome: "removed" } }
    ])
    assert.deepStrictEqual(machine.kernel.snapshot(), before)
  })

  it("say how far they are", async () => {
    using machine = makeMachine()
    const fractions: Array<number | undefined> = []
    await using vmnet = machine.vmnet({ onProgress: ({ fraction }) => void fractions.push(fraction) })
    await vmnet.upMany(three)
    assert.strictEqual(fractions[0], 0)
    assert.isTrue(fractions.every((one) => one !== undefined && one <= 1))
    assert.isAbove(fractions.at(-1)!, 0.5)
    assert.deepStrictEqual(fractions, fractions.toSorted())
  })

  it("are refused before anything is done when something is wrong with one", async () => {
    using machine = makeMachine()
    await using vmnet = machine.vmnet()
    const signal = new AbortController().signal
    const wrong: ReadonlyArray<unknown> = [
      [{ vm: "a" }, { vm: "B" }],
      [{ vm: "a" }, { vm: "a" }],
      [{ vm: "a" }, { vm: "b", prot: 1 }],
      [{ vm: "a" }, { vm: "b", signal }],
      { vm: "a" }
    ]
    for (const vms of wrong) {
      const error = await rejection(vmnet.upMany(vms as ReadonlyArray<UpOptions>))
      assert.strictEqual((error as VmnetError).code, "BAD_INPUT", JSON.stringify(vms))
    }
    assert.strictEqual(((await rejection(vmnet.downMany("a" as never))) as VmnetError).code, "BAD_INPUT")
    assert.deepStrictEqual(await vmnet.list(), [])
  })

  it("are all undone when aborted, whenever that comes", async () => {
    using machine = makeMachine()
    await using vmnet = machine.vmnet({ kernel: slowKernel(machine.kernel) })
    await vmnet.list()
    const before = machine.kernel.snapshot()
    const outcomes = new Set<string>()
    for (let turns = 0; turns < 400 && !outcomes.has("up"); turns += 3) {
      const stop = new AbortController()
      const answer = vmnet.upMany([{ vm: "a" }, { vm: "b" }, { vm: "c" }], { signal: stop.signal }).then(
        () => "up",
        () => "aborted"
      )
      for (let turn = 0; turn < turns; turn++) await setImmediate()
      stop.abort(new Error("enough"))
      const outcome = await answer
      outcomes.add(outcome)
      assert.strictEqual((await vmnet.list()).length, outcome === "up" ? 3 : 0, `after ${turns} turns`)
      await vmnet.downMany(["a", "b", "c"])
      assert.deepStrictEqual(machine.kernel.snapshot(), before, `after ${turns} turns`)
    }
    assert.deepStrictEqual([...outcomes].toSorted(), ["aborted", "up"])
  })
})
