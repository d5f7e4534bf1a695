import { assert, describe, it } from "@effect/vitest"
import { type AttachRequest, type Ledger, type UpResult, Vmnet, type VmnetError } from "@vmnet/core"
import { type Call, everyFault, type Fault, type FaultRun, forEachFault, type Scenario } from "@vmnet/testkit"
import { Effect } from "effect"
import { layerFaultyMachine } from "../support/faultyMachine.ts"
import { request } from "../support/memoryHost.ts"
import { assertPicture, assertTelling, netnsPath, restart, succeeded, type World, worldWith } from "./world.ts"

const publish = ["8080-8081:80", "127.0.0.1:53:53/udp"]
const other = request("other", { publish: ["9090:80"] })

type Run = FaultRun<World, UpResult, VmnetError>

/** Up, or as it was; after a crash as it was, once somebody has taken the VM down. Then up and down as ever. */
const allOrNothing = (vm1: AttachRequest) => (run: Run) =>
  Effect.gen(function* () {
    const { world } = run
    const vmnet = yield* Vmnet
    assertTelling(run)
    restart(run)
    if (succeeded(run)) {
      assert.strictEqual((yield* vmnet.show("vm1")).attachment.state, "active")
    } else {
      if (run.exit === null) yield* vmnet.down("vm1")
      yield* assertPicture(world, world.before, "left behind")
      assert.isFalse((yield* vmnet.up(vm1)).existing)
    }
    yield* vmnet.down("vm1")
    yield* assertPicture(world, world.before, "left behind by down")
  })

/** What a process that died has begun is finished by the next `up`. */
const finishedByUp = (vm1: AttachRequest) => (run: Run) =>
  Effect.gen(function* () {
    const vmnet = yield* Vmnet
    restart(run)
    const { attachment } = yield* vmnet.up(vm1)
    assert.strictEqual(attachment.state, "active")
    yield* vmnet.down("vm1")
    yield* assertPicture(run.world, run.world.before, "left behind by down")
  })

/** An interruption while the VM's lock is given back comes too late: the VM is up by then. */
const untilAnswered = (call: Call): ReadonlyArray<Fault> =>
  everyFault(call).filter(({ _tag }) => _tag !== "Hang" || !call.words.includes("unlock vm "))

const crashes = (call: Call): ReadonlyArray<Fault> => everyFault(call).filter(({ _tag }) => _tag === "Crash")

const up = (
  vm1: AttachRequest,
  others: ReadonlyArray<AttachRequest> = []
): Scenario<World, UpResult, VmnetError, Vmnet | Ledger> => ({
  world: worldWith(others),
  services: layerFaultyMachine,
  run: () => Vmnet.use((vmnet) => vmnet.up(vm1)),
  faults: untilAnswered,
  check: allOrNothing(vm1)
})

const cases: ReadonlyArray<readonly [string, Scenario<World, UpResult, VmnetError, Vmnet | Ledger>]> = [
  ["when it is the first", up(request("vm1", { publish }))],
  ["when another is up on its network", up(request("vm1", { publish }), [other])],
  ["when its end goes into a namespace", up(request("vm1", { publish, netns: netnsPath }), [other])],
  ["when only the uplink is to forward", up(request("vm1", {}, "forwarding: per-interface"))],
  [
    "when its destinations are listed",
    up(request("vm1", { egress: ["203.0.113.0/24:443", "198.51.100.53:53"] }), [other])
  ]
]

describe("whatever goes wrong while a VM comes up, the host is as it was", () => {
  for (const [name, scenario] of cases) it.live(name, () => forEachFault(scenario), 120_000)
})

describe("wherever a process dies that brings a VM up, the next `up` finishes", () => {
  const vm1 = request("vm1", { publish })
  const netns = request("vm1", { publish, netns: netnsPath })
  const finishing = { faults: crashes, check: finishedByUp(vm1) }

  it.live("for the first VM", () => forEachFault({ ...up(vm1), ...finishing }), 120_000)
  it.live(
    "for a VM in a namespace",
    () => forEachFault({ ...up(netns, [other]), faults: crashes, check: finishedByUp(netns) }),
    120_000
  )
})
