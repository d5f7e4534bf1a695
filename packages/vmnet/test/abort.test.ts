import { assert, describe, it } from "@effect/vitest"
import { setImmediate } from "node:timers/promises"
import { type Vmnet, VmnetError } from "vmnet"
import { makeMachine, rejection } from "./support/machine.ts"
import { slowKernel } from "./support/slowKernel.ts"

const request = { vm: "api", publish: "8080:80" }

/** `up`, aborted after a number of the event loop's turns; how many it took, and how it ended. */
const abortedAfter = async (vmnet: Vmnet, turns: number) => {
  const stop = new AbortController()
  const reason = new Error(`stopped after ${turns}`)
  const progress = { turn: 0, settled: false }
  const answer = vmnet
    .up({ ...request, signal: stop.signal })
    .then(
      () => "up" as const,
      (error: unknown) => (assert.strictEqual(error, reason), "aborted" as const)
    )
    .finally(() => (progress.settled = true))
  for (; progress.turn < turns && !progress.settled; progress.turn++) await setImmediate()
  stop.abort(reason)
  return { turn: progress.turn, outcome: await answer }
}

describe("aborting", () => {
  it("up rejects with the signal's reason and leaves nothing, whenever it comes", async () => {
    using machine = makeMachine()
    let begun: Array<string> = []
    await using vmnet = machine.vmnet({
      kernel: slowKernel(machine.kernel),
      onProgress: ({ step }) => void begun.push(step)
    })
    await vmnet.list()
    const before = machine.kernel.snapshot()
    const { turn: whole } = await abortedAfter(vmnet, Number.POSITIVE_INFINITY)
    const steps = begun.length
    await vmnet.down("api", { wait: true })
    const reached = new Set<number>()
    for (let turns = 0; turns <= whole; turns++) {
      begun = []
      const { outcome } = await abortedAfter(vmnet, turns)
      if (outcome === "aborted") reached.add(begun.length)
      assert.strictEqual((await vmnet.list()).length, outcome === "up" ? 1 : 0, `after ${turns} turns`)
      await vmnet.down("api", { wait: true })
      assert.deepStrictEqual(machine.kernel.snapshot(), before, `after ${turns} turns`)
    }
    assert.isAbove(Math.max(...reached), steps / 2, "no abort came late")
    assert.isAbove(reached.size, 3, "aborts came at few places")
  })

  it("with a signal that is aborted already changes nothing", async () => {
    using machine = makeMachine()
    await using vmnet = machine.vmnet()
    const reason = new Error("never mind")
    assert.strictEqual(await rejection(vmnet.up({ ...request, signal: AbortSignal.abort(reason) })), reason)
    assert.deepStrictEqual(await vmnet.list(), [])
    const error = await rejection(vmnet.down("api", { signal: AbortSignal.abort() }))
    assert.strictEqual((error as DOMException).name, "AbortError")
  })

  it("one VM leaves the others alone", async () => {
    using machine = makeMachine()
    await using vmnet = machine.vmnet({ kernel: slowKernel(machine.kernel) })
    const stop = new AbortController()
    const stopped = rejection(vmnet.up({ vm: "stopped", signal: stop.signal }))
    const others = Promise.all([vmnet.up({ vm: "a" }), vmnet.up({ vm: "b" })])
    for (let turn = 0; turn < 20; turn++) await setImmediate()
    stop.abort()
    assert.strictEqual(await stopped, stop.signal.reason)
    assert.deepStrictEqual(
      (await others).map(({ state }) => state),
      ["active", "active"]
    )
    assert.deepStrictEqual((await vmnet.list()).map(({ vm }) => vm).toSorted(), ["a", "b"])
  })
})

describe("closing", () => {
  it("waits for what is in flight, keeps the VMs, and refuses what comes later", async () => {
    using machine = makeMachine()
    const vmnet = machine.vmnet({ kernel: slowKernel(machine.kernel) })
    const up = vmnet.up(request)
    let attached = false
    const seen = up.then(() => (attached = true))
    await Promise.all([vmnet.close(), vmnet[Symbol.asyncDispose]()])
    assert.isTrue(attached)
    await seen
    const error = await rejection((await up).down())
    assert.match(String(error), /VmnetError: this vmnet is closed/)
    assert.instanceOf(error, VmnetError)
    await using later = machine.vmnet()
    assert.deepStrictEqual(
      (await later.list()).map(({ vm, state }) => [vm, state]),
      [["api", "active"]]
    )
  })

  it("without any verb opens nothing", async () => {
    using machine = makeMachine()
    await machine.vmnet().close()
    assert.deepStrictEqual(machine.files(), [])
  })
})
