import { assert, describe, it } from "@effect/vitest"
import { type AttachRequest, type DownResult, type Ledger, type UpResult, Vmnet, VmnetError } from "@vmnet/core"
import { type Call, everyFault, type Fault, type FaultRun, forEachFault, type Scenario } from "@vmnet/testkit"
import { assertSame, leaseRows } from "@vmnet/testkit/conformance"
import { Cause, Effect, Exit } from "effect"
import { layerFaultyMachine, layerMachine, type Machine, machine } from "./support/machine.ts"
import { request } from "./support/request.ts"

const picture = ({ kernel }: Machine) => Effect.map(leaseRows, (rows) => ({ kernel: kernel.snapshot(), rows }))

interface World extends Machine {
  readonly before: Effect.Success<ReturnType<typeof picture>>
  readonly afterwards: Effect.Success<ReturnType<typeof picture>>
}

/** A machine on which some VMs are up; `afterwards` is what it is without the last of them. */
const worldWith = (others: ReadonlyArray<AttachRequest>) =>
  Effect.gen(function* () {
    const made = yield* machine
    return yield* Effect.gen(function* () {
      const vmnet = yield* Vmnet
      for (const other of others.slice(0, -1)) yield* vmnet.up(other)
      const afterwards = yield* picture(made)
      for (const last of others.slice(-1)) yield* vmnet.up(last)
      return { ...made, afterwards, before: yield* picture(made) } satisfies World
    }).pipe(Effect.provide(layerMachine(made)))
  })

const assertPicture = Effect.fnUntraced(function* (world: World, expected: World["before"], words: string) {
  const now = yield* picture(world)
  assertSame(now.kernel, expected.kernel, `${words}: kernel`)
  assertSame(now.rows, expected.rows, `${words}: ledger`)
})

type Run = FaultRun<World, UpResult | DownResult, VmnetError>
type Faulty = Scenario<World, UpResult | DownResult, VmnetError, Vmnet | Ledger>

const succeeded = ({ exit }: Run): boolean => exit !== null && Exit.isSuccess(exit)

/** After a crash: vmnet is started again, by another process. */
const restart = ({ exit, world }: Run): void => {
  if (exit === null) world.kernel.host.restartSelf()
}

const assertTelling = ({ exit, words }: Run): void => {
  if (exit === null || Exit.isSuccess(exit) || Cause.hasInterruptsOnly(exit.cause)) return
  const error = Cause.squash(exit.cause)
  assert.instanceOf(error, VmnetError, words)
  assert.include(error.message, "fault injected", words)
}

/** Up, or as it was; after a crash as it was, once somebody has taken the VM down. Then up and down as ever. */
const allOrNothing = (vm1: AttachRequest) => (run: Run) =>
  Effect.gen(function* () {
    const { world } = run
    const vmnet = yield* Vmnet
    assertTelling(run)
    restart(run)
    if (!succeeded(run)) {
      if (run.exit === null) yield* vmnet.down("vm1")
      yield* assertPicture(world, world.before, "left behind")
      assert.isFalse((yield* vmnet.up(vm1)).existing)
    }
    assert.strictEqual((yield* vmnet.show("vm1")).attachment.state, "active")
    yield* vmnet.down("vm1")
    yield* assertPicture(world, world.before, "left behind by down")
  })

/** Down at once or at the second attempt, and nothing of it left. */
const goneInTheEnd = (run: Run) =>
  Effect.gen(function* () {
    const vmnet = yield* Vmnet
    restart(run)
    if (!succeeded(run)) yield* vmnet.down("vm1")
    yield* assertPicture(run.world, run.world.afterwards, "left behind by down")
  })

/** An interruption while the VM's lock is given back comes too late. */
const untilAnswered = (call: Call): ReadonlyArray<Fault> =>
  everyFault(call).filter(({ _tag }) => _tag !== "Hang" || !call.words.includes("unlock vm "))

const up = (vm1: AttachRequest, others: ReadonlyArray<AttachRequest> = []): Faulty => ({
  world: worldWith(others),
  services: layerFaultyMachine,
  run: () => Vmnet.use((vmnet) => vmnet.up(vm1)),
  faults: untilAnswered,
  check: allOrNothing(vm1)
})

const down = (others: ReadonlyArray<AttachRequest>): Faulty => ({
  world: worldWith(others),
  services: layerFaultyMachine,
  run: () => Vmnet.use((vmnet) => vmnet.down("vm1")),
  faults: untilAnswered,
  check: goneInTheEnd
})

const publish = ["8080-8081:80", "127.0.0.1:53:53/udp"]
const other = request("other", { publish: ["9090:80"] })
const busy = request("vm1", { publish, egress: ["203.0.113.0/24:443"] })
const lan = "networks: { lan: { backend: tap, subnet: 10.0.7.0/24, gateway: 10.0.7.1, bridge: br0 } }"
const bridged = request("vm1", { network: "lan" }, lan)

describe("whatever goes wrong while a VM comes up on a TAP, the host is as it was", () => {
  it.live("when it is the first", () => forEachFault(up(busy)), 120_000)
  it.live("when another is up on its network", () => forEachFault(up(busy, [other])), 120_000)
  it.live("when its TAP is a port of a bridge", () => forEachFault(up(bridged)), 120_000)
})

describe("whatever goes wrong while a VM on a TAP is taken down, the next down leaves nothing", () => {
  it.live("when it is the last", () => forEachFault(down([busy])), 120_000)
  it.live("when another stays", () => forEachFault(down([other, busy])), 120_000)
})
