import { assert, describe, it } from "@effect/vitest"
import type { VmnetError } from "vmnet"
import { makeMachine, rejection } from "./support/machine.ts"

describe("a VM whose owner has ended", () => {
  it("is marked in lists, and who wants its port is told to run gc", async () => {
    using machine = makeMachine()
    await using vmnet = machine.vmnet()
    const owner = machine.kernel.host.startProcess()
    await vmnet.up({ vm: "a", publish: "8090:80", ownerPid: owner.pid })
    await vmnet.up({ vm: "b" })
    const marks = async () => (await vmnet.list()).map(({ ownerEnded, vm }) => `${vm} ${ownerEnded ?? ""}`)
    assert.deepStrictEqual(await marks(), ["a ", "b "])
    const wanted = async () => (await rejection(vmnet.up({ vm: "other", publish: "8090:80" }))) as VmnetError
    assert.notInclude((await wanted()).hint, "vmnet gc")
    machine.kernel.host.endProcess(owner.pid)
    assert.deepStrictEqual(await marks(), ["a true", "b "])
    const error = await wanted()
    assert.deepStrictEqual([error.code, error.details?.["holder"]], ["PORT_IN_USE", "a"])
    assert.include(error.hint, "vmnet gc")
    assert.deepStrictEqual((await vmnet.show("a")).problems, [
      `its owner, process ${owner.pid}, has ended: vmnet gc takes it down`
    ])
    assert.deepStrictEqual((await vmnet.show("b")).problems, [])
    await vmnet.gc()
    assert.deepStrictEqual(await marks(), ["b "])
    assert.strictEqual((await vmnet.up({ vm: "other", publish: "8090:80" })).state, "active")
  })
})
