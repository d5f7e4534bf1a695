import { assert, describe, it } from "@effect/vitest"
import { type AttachRequest, type EachVm, type Ledger, Vmnet, type VmnetError } from "@vmnet/core"
import {
  type Call,
  everyFault,
  type Fault,
  fewFaults,
  type FaultRun,
  forEachFault,
  type Scenario
} from "@vmnet/testkit"
import { Effect, Exit, Result } from "effect"
import { sampleOf } from "../support/sampleOf.ts"
import { layerFaultyInstall, layerInstall, request, type World as Machine, world as machine } from "../support/world.ts"
import { assertPicture, fleet, names, type Picture, picture } from "./support.ts"

const install = "0123abcd"

interface World extends Machine {
  readonly empty: Picture
  /** With those that are up already. */
  readonly before: Picture
}

const worldWith = (others: ReadonlyArray<AttachRequest>, requests: ReadonlyArray<AttachRequest> = []) =>
  Effect.gen(function* () {
    const made = yield* machine
    return yield* Effect.gen(function* () {
      const vmnet = yield* Vmnet
      const empty = yield* picture(made)
      for (const other of others) yield* vmnet.up(other)
      const before = yield* picture(made)
      if (requests.length > 0) yield* vmnet.upMany(requests)
      return { ...made, empty, before } satisfies World
    }).pipe(Effect.provide(layerInstall(made, install)))
  })

type Run = FaultRun<World, ReadonlyArray<EachVm<unknown>>, VmnetError>
type ManyScenario = Scenario<World, ReadonlyArray<EachVm<unknown>>, VmnetError, Vmnet | Ledger>

const isCut = ({ exit }: Run): boolean => exit === null || !Exit.isSuccess(exit)

/** Each for itself is up, or is not there at all; interrupted, none is. */
const eachOrNone = (requests: ReadonlyArray<AttachRequest>) => (run: Run) =>
  Effect.gen(function* () {
    const { exit, world } = run
    const vmnet = yield* Vmnet
    if (exit === null) world.kernel.host.restartSelf()
    if (exit !== null && isCut(run)) yield* assertPicture(world, world.before, "left behind")
    if (exit !== null && Exit.isSuccess(exit)) {
      assert.deepStrictEqual(
        exit.value.map(({ vm }) => vm),
        names(requests)
      )
      for (const { result, vm } of exit.value) {
        const shown = yield* Effect.result(vmnet.show(vm))
        assert.strictEqual(Result.isSuccess(shown), Result.isSuccess(result), vm)
        if (Result.isSuccess(shown)) assert.strictEqual(shown.success.attachment.state, "active")
      }
      assert.deepStrictEqual((yield* vmnet.check()).drift, [])
    }
    yield* vmnet.downMany(names(requests))
    yield* assertPicture(world, world.before, "left behind by down")
    if (!isCut(run)) return
    const again = yield* vmnet.upMany(requests)
    assert.isTrue(again.every(({ result }) => Result.isSuccess(result) && !result.success.existing))
    yield* vmnet.downMany(names(requests))
    yield* assertPicture(world, world.before, "left behind in the end")
  })

/** Every way for a call of few steps; of a long batch the ends and the middle: its steps are those of single VMs, which are tried one by one elsewhere. */
const mostFaults = (call: Call): ReadonlyArray<Fault> => {
  const middle = Math.floor(call.steps / 2)
  if (call.steps < 4) return everyFault(call)
  const cuts = [0, middle, call.steps].map((applied): Fault => ({ _tag: "Crash", applied }))
  return [...fewFaults(call), ...cuts, { _tag: "Hang", applied: middle }]
}

/** An interruption while the locks are given back, or behind that, comes too late. */
const untilAnswered = (call: Call): ReadonlyArray<Fault> =>
  mostFaults(call).filter(({ _tag }) => _tag !== "Hang" || !/unlock vm |look up helpers/.test(call.words))

const upScenario = (
  requests: ReadonlyArray<AttachRequest>,
  others: ReadonlyArray<AttachRequest> = []
): ManyScenario => ({
  world: worldWith(others),
  services: (world) => layerFaultyInstall(world, install),
  run: () => Vmnet.use((vmnet) => vmnet.upMany(requests)),
  faults: sampleOf(untilAnswered),
  check: eachOrNone(requests)
})

/** Gone, or `down` again finishes; the others are untouched. */
const goneInTheEnd = (requests: ReadonlyArray<AttachRequest>) => (run: Run) =>
  Effect.gen(function* () {
    const { exit, world } = run
    const vmnet = yield* Vmnet
    if (exit === null) world.kernel.host.restartSelf()
    const all = exit !== null && Exit.isSuccess(exit) && exit.value.every(({ result }) => Result.isSuccess(result))
    if (!all) yield* vmnet.downMany(names(requests))
    yield* assertPicture(world, world.before, "left behind")
    if (all) return
    const again = yield* vmnet.upMany(requests)
    assert.isTrue(again.every(({ result }) => Result.isSuccess(result) && !result.success.existing))
    yield* vmnet.downMany(names(requests))
    yield* assertPicture(world, world.before, "left behind in the end")
  })

const downScenario = (
  requests: ReadonlyArray<AttachRequest>,
  others: ReadonlyArray<AttachRequest> = []
): ManyScenario => ({
  world: worldWith(others, requests),
  services: (world) => layerFaultyInstall(world, install),
  run: () => Vmnet.use((vmnet) => vmnet.downMany(names(requests))),
  faults: sampleOf(mostFaults),
  check: goneInTheEnd(requests)
})

const other = (backend: string): ReadonlyArray<AttachRequest> => [request("other", { backend, publish: ["9090:80"] })]

describe("whatever goes wrong while three VMs come up together, each is up or not there", () => {
  for (const backend of ["bridge", "netns", "tap"]) {
    it.live(backend, () => forEachFault(upScenario(fleet(3, { backend }, 8080))), 300_000)
  }
  it.live("beside another", () => forEachFault(upScenario(fleet(3, { backend: "tap" }), other("tap"))), 300_000)
  it.live("slirp", () => forEachFault(upScenario(fleet(2, { backend: "slirp" }, 8080))), 300_000)
})

describe("whatever goes wrong while three VMs go together, `down` again finishes", () => {
  for (const backend of ["bridge", "netns", "tap"]) {
    it.live(backend, () => forEachFault(downScenario(fleet(3, { backend }, 8080))), 300_000)
  }
  it.live("beside another", () => forEachFault(downScenario(fleet(3, { backend: "netns" }), other("netns"))), 300_000)
})

/** Interrupted when they are confirmed, which takes them back; the process dies at some moment of that. */
const takenBack = (requests: ReadonlyArray<AttachRequest>): ManyScenario => ({
  ...upScenario(requests),
  faults: ({ words }) => (/confirm vm1 /.test(words) ? [{ _tag: "Hang", applied: 1 }] : []),
  again: ({ steps }) => [0, steps].map((applied): Fault => ({ _tag: "Crash", applied })),
  check: (run) =>
    Effect.gen(function* () {
      const { exit, injections, world } = run
      if (injections.length === 0) return
      const vmnet = yield* Vmnet
      if (exit === null) {
        world.kernel.host.restartSelf()
        const { problems } = yield* vmnet.gc({ dryRun: false })
        assert.deepStrictEqual(problems, [])
        // Who died before anything was taken back has left them whole.
        assert.deepStrictEqual((yield* vmnet.check()).drift, [])
        yield* vmnet.downMany(names(requests))
      }
      yield* assertPicture(world, world.before, "left behind")
    })
})

describe("VMs that are taken back though they were confirmed are up no more, and gc finishes what dies over it", () => {
  for (const backend of ["bridge", "netns", "tap"]) {
    it.live(backend, () => forEachFault(takenBack(fleet(2, { backend }, 8080))), 120_000)
  }
})
