import { assert, describe, it } from "@effect/vitest"
import { type Ledger, Vmnet, type VmnetError } from "@vmnet/core"
import { type Call, everyFault, type Fault, type FaultRun, forEachFault, type Scenario } from "@vmnet/testkit"
import { assertSame, leaseRows } from "@vmnet/testkit/conformance"
import { Effect, Exit } from "effect"
import { layerFaultyMachine, layerMachine, type Machine, machine } from "./support/machine.ts"
import { request } from "./support/request.ts"

const config = "networks: { fleet: { backend: tap, subnet: 10.9.0.0/24, cooldown: 0, pool: { warm: 2 } } }"
const vm1 = request("vm1", { network: "fleet", publish: ["8080:80"] }, config)
const fleet = vm1.network

const picture = ({ kernel }: Machine) => Effect.map(leaseRows, (rows) => ({ kernel: kernel.snapshot(), rows }))

interface World extends Machine {
  readonly empty: Effect.Success<ReturnType<typeof picture>>
}

const worldAfter = <E>(prepare: (vmnet: Vmnet["Service"]) => Effect.Effect<unknown, E>) =>
  Effect.gen(function* () {
    const made = yield* machine
    return yield* Effect.gen(function* () {
      const empty = yield* picture(made)
      yield* prepare(yield* Vmnet)
      return { ...made, empty } satisfies World
    }).pipe(Effect.provide(layerMachine(made)))
  })

type Run = FaultRun<World, unknown, VmnetError>
type Faulty = Scenario<World, unknown, VmnetError, Vmnet | Ledger>

/** The pool works as ever, no TAP is had twice, and with the network everything is gone. */
const asGoodAsEver = ({ exit, world }: Run) =>
  Effect.gen(function* () {
    const vmnet = yield* Vmnet
    if (exit === null) world.kernel.host.restartSelf()
    yield* vmnet.down("vm1")
    assert.deepInclude(yield* vmnet.warm(fleet), { ready: 2, leased: 0 })
    const other = yield* vmnet.up(request("vm2", { network: "fleet" }, config))
    const { attachment } = yield* vmnet.up(vm1)
    assert.notStrictEqual(attachment.device.name, other.attachment.device.name)
    for (const vm of ["vm1", "vm2"]) yield* vmnet.down(vm)
    yield* vmnet.removeNetwork("fleet")
    const now = yield* picture(world)
    assertSame(now.kernel, world.empty.kernel, "left behind: kernel")
    assertSame(now.rows, world.empty.rows, "left behind: ledger")
  })

const scenario = (
  prepare: (vmnet: Vmnet["Service"]) => Effect.Effect<unknown, VmnetError>,
  verb: (vmnet: Vmnet["Service"]) => Effect.Effect<unknown, VmnetError>,
  isActive?: true
): Faulty => ({
  world: worldAfter(prepare),
  services: layerFaultyMachine,
  run: () => Effect.flatMap(Vmnet, verb),
  faults: (call: Call): ReadonlyArray<Fault> =>
    everyFault(call).filter(({ _tag }) => _tag !== "Hang" || !call.words.includes("unlock ")),
  check: (run) =>
    Effect.gen(function* () {
      if (isActive && run.exit !== null && Exit.isSuccess(run.exit)) {
        assert.strictEqual((yield* Effect.flatMap(Vmnet, (vmnet) => vmnet.show("vm1"))).attachment.state, "active")
      }
      yield* asGoodAsEver(run)
    })
})

const nothing = () => Effect.void
const warmed = (vmnet: Vmnet["Service"]) => vmnet.warm(fleet)
const upAndWarm = (vmnet: Vmnet["Service"]) => Effect.andThen(vmnet.warm(fleet), vmnet.up(vm1))

/** What the process that died had not finished is gone after `gc`, and what it had is kept. */
const collected = ({ world, words }: Run) =>
  Effect.gen(function* () {
    const vmnet = yield* Vmnet
    world.kernel.host.restartSelf()
    const { problems } = yield* vmnet.gc({ dryRun: false })
    assert.deepStrictEqual(problems, [], words)
    const { members } = yield* leaseRows
    for (const member of members) assert.propertyVal(member, "state", "ready", words)
    yield* vmnet.removeNetwork("fleet")
    const now = yield* picture(world)
    assertSame(now.kernel, world.empty.kernel, `${words}: kernel`)
    assertSame(now.rows, world.empty.rows, `${words}: ledger`)
  })

it.live(
  "wherever a process dies that warms a pool, gc takes back what it had not finished",
  () =>
    forEachFault({
      ...scenario(nothing, warmed),
      faults: (call) => everyFault(call).filter(({ _tag }) => _tag === "Crash"),
      check: collected
    }),
  120_000
)

describe("whatever goes wrong, a pool is as good as ever afterwards and leaves nothing", () => {
  it.live("while it is warmed", () => forEachFault(scenario(nothing, warmed)), 120_000)
  it.live(
    "while a VM takes a TAP out of it",
    () => forEachFault(scenario(warmed, (vmnet) => vmnet.up(vm1), true)),
    120_000
  )
  it.live(
    "while a VM comes up that finds none ready",
    () => forEachFault(scenario(nothing, (vmnet) => vmnet.up(vm1), true)),
    120_000
  )
  it.live(
    "while a VM gives its TAP back",
    () => forEachFault(scenario(upAndWarm, (vmnet) => vmnet.down("vm1"))),
    120_000
  )
  it.live(
    "while it goes with its network",
    () => forEachFault(scenario(warmed, (vmnet) => vmnet.removeNetwork("fleet"))),
    120_000
  )
})
