import { assert, describe, it } from "@effect/vitest"
import { HostProbe, LinkOps, NatOps, hostNetns } from "@vmnet/core"
import {
  type Call,
  type Fault,
  Faults,
  MemoryKernel,
  describeFault,
  everyFault,
  faultyOps,
  fewFaults,
  recordCalls
} from "@vmnet/testkit"
import { Cause, Effect, Exit, Fiber, Layer } from "effect"
import { attach, guest, links, release } from "./attach.ts"

const call = (steps: number): Call => ({ number: 1, method: "LinkOps.apply", words: "", steps })
const describeAll = (faults: ReadonlyArray<Fault>, of: Call) => faults.map((fault) => describeFault(fault, of))

/** A host with the layout in place, and its services struck at the first call. */
const struck = (fault: Fault) => {
  const kernel = MemoryKernel.make()
  const faults = Faults.make([{ at: 1, fault }])
  const layer = kernel.layer.pipe(faultyOps, Layer.provide(Layer.succeed(Faults, faults)))
  const found = (name: string) => kernel.snapshot()["host"]!.links.find(({ link }) => link === name)
  return { kernel, faults, layer, found }
}

const addBridge = LinkOps.use((ops) => ops.apply(hostNetns, links))

describe("the ways a call can go wrong", () => {
  it("a question fails, hangs or is where the process dies", () => {
    assert.deepStrictEqual(describeAll(everyFault(call(0)), call(0)), [
      "fails before it is applied",
      "is interrupted before it is applied",
      "is where the process dies, before it is applied"
    ])
  })

  it("a single change does so before and after it is applied", () => {
    assert.deepStrictEqual(describeAll(everyFault(call(1)), call(1)), [
      "fails before it is applied",
      "fails though applied",
      "is interrupted before it is applied",
      "is interrupted though applied",
      "is where the process dies, before it is applied",
      "is where the process dies, though applied"
    ])
  })

  it("a batch fails at each index, with and without that change applied, and stops between any two", () => {
    assert.deepStrictEqual(describeAll(everyFault(call(2)), call(2)), [
      "fails before it is applied",
      "fails though applied",
      "fails before it is applied, at index 0",
      "fails with 1 of 2 changes applied, at index 1",
      "fails with 1 of 2 changes applied, at index 0",
      "fails though applied, at index 1",
      "is interrupted before it is applied",
      "is interrupted with 1 of 2 changes applied",
      "is interrupted though applied",
      "is where the process dies, before it is applied",
      "is where the process dies, with 1 of 2 changes applied",
      "is where the process dies, though applied"
    ])
    assert.deepStrictEqual(describeAll(fewFaults(call(4)), call(4)), [
      "fails before it is applied",
      "fails with 2 of 4 changes applied, at index 2",
      "fails though applied",
      "is interrupted though applied"
    ])
  })
})

describe("a struck call", () => {
  for (const [applied, index, alias] of [
    [0, 0, undefined],
    [1, 1, ""],
    [2, 1, "vmnet:0a1b2c3d:vm1:1"],
    [3, undefined, "vmnet:0a1b2c3d:vm1:1"]
  ] as const) {
    it.effect(`fails with ${applied} of 3 changes applied and index ${index}`, () => {
      const { layer, found, faults } = struck({ _tag: "Fail", applied, ...(index === undefined ? {} : { index }) })
      return Effect.gen(function* () {
        const error = yield* Effect.flip(addBridge)
        assert.deepInclude({ ...error }, { family: "link", reason: "Failed", output: "fault injected" })
        assert.strictEqual(error.index, index)
        assert.include(error.message, "add bridge vmb1")
        assert.strictEqual(found("vmb1")?.alias, alias)
        assert.strictEqual(found("vmb1")?.up ?? false, applied === 3)
        assert.strictEqual(faults.struck.length, 1)
        yield* LinkOps.use((ops) => ops.find(hostNetns, ["vmb1"]))
        assert.strictEqual(faults.calls.length, 2)
      }).pipe(Effect.provide(layer))
    })
  }

  it.effect("hangs until it is interrupted, half-way through its batch", () => {
    const { layer, found, faults } = struck({ _tag: "Hang", applied: 1 })
    return Effect.gen(function* () {
      const fiber = yield* Effect.forkChild(addBridge)
      for (let turn = 0; turn < 20; turn++) yield* Effect.yieldNow
      assert.isUndefined(fiber.pollUnsafe())
      assert.strictEqual(faults.struck.length, 1)
      yield* Fiber.interrupt(fiber)
      const exit = yield* Fiber.await(fiber)
      assert.isTrue(Exit.isFailure(exit) && Cause.hasInterruptsOnly(exit.cause))
      assert.deepInclude(found("vmb1"), { alias: "", up: false })
    }).pipe(Effect.provide(layer))
  })

  it.effect("is delayed and otherwise as it should be", () => {
    const { layer, found } = struck({ _tag: "Delay", duration: 0 })
    return Effect.gen(function* () {
      yield* addBridge
      assert.deepInclude(found("vmb1"), { up: true })
    }).pipe(Effect.provide(layer))
  })

  it.effect("is where the process dies: no later call returns either", () => {
    const { layer, found, faults } = struck({ _tag: "Crash", applied: 2 })
    return Effect.gen(function* () {
      const later = addBridge.pipe(Effect.onExit(() => release.pipe(Effect.ignore)))
      const fiber = yield* Effect.forkDetach(later)
      for (let turn = 0; turn < 20; turn++) yield* Effect.yieldNow
      fiber.interruptUnsafe()
      for (let turn = 0; turn < 20; turn++) yield* Effect.yieldNow
      assert.isUndefined(fiber.pollUnsafe())
      assert.deepInclude(found("vmb1"), { alias: "vmnet:0a1b2c3d:vm1:1", up: false })
      assert.strictEqual(faults.calls.length, 1)
    }).pipe(Effect.provide(layer))
  })

  it.effect("of a transaction is all or nothing", () => {
    const kernel = MemoryKernel.make()
    const faults = Faults.make([{ at: 2, fault: { _tag: "Fail", applied: 1 } }])
    const layer = kernel.layer.pipe(faultyOps, Layer.provide(Layer.succeed(Faults, faults)))
    return Effect.gen(function* () {
      const nat = yield* NatOps
      yield* nat.apply(hostNetns, [{ _tag: "AddLayout" }])
      yield* Effect.flip(nat.apply(hostNetns, [{ _tag: "AddElement", element: guest, owner: "x" }]))
      assert.deepStrictEqual(yield* nat.find(hostNetns, [guest]), [{ _tag: "Present", owner: "x" }])
      assert.deepStrictEqual(
        faults.calls.map(({ steps }) => steps),
        [1, 1, 0]
      )
    }).pipe(Effect.provide(layer))
  })
})

it.effect("recorded calls say what was asked, in order", () => {
  const kernel = MemoryKernel.make()
  return Effect.gen(function* () {
    yield* NatOps.use((nat) => nat.apply(hostNetns, [{ _tag: "AddLayout" }])).pipe(Effect.provide(kernel.layer))
    const [, calls] = yield* recordCalls(Effect.andThen(attach, release).pipe(Effect.provide(faultyOps(kernel.layer))))
    assert.deepStrictEqual(
      calls.map(({ number, words, steps }) => `${number} ${steps} ${words}`),
      [
        "1 1 SysctlOps.write host: net.ipv4.ip_forward = 1",
        "2 3 LinkOps.apply host: add bridge vmb1, tag link vmb1, set vmb1 up",
        "3 1 NatOps.apply host: add masquerade vmb1, add guest 10.0.42.2 on vmb1",
        "4 1 SysctlOps.write host: net.ipv4.ip_forward = 0",
        "5 0 NatOps.find host: masquerade vmb1, guest 10.0.42.2 on vmb1",
        "6 1 NatOps.apply host: delete masquerade vmb1, delete guest 10.0.42.2 on vmb1",
        "7 0 LinkOps.find host: vmb1",
        "8 1 LinkOps.apply host: delete link vmb1"
      ]
    )
  })
})

it.effect("services that are not decorated show through", () => {
  const kernel = MemoryKernel.make()
  return Effect.gen(function* () {
    const [pid, calls] = yield* recordCalls(
      HostProbe.useSync((probe) => probe.self.pid).pipe(Effect.provide(faultyOps(kernel.layer)))
    )
    assert.strictEqual(pid, kernel.host.self().pid)
    assert.deepStrictEqual(calls, [])
  })
})
