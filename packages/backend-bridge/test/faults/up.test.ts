import { assert, describe, it } from "@effect/vitest"
import { type AttachRequest, Ledger, type UpResult, Vmnet, VmnetError } from "@vmnet/core"
import {
  type Call,
  everyFault,
  type Fault,
  type FaultRun,
  forEachFault,
  type KernelSnapshot,
  type Scenario
} from "@vmnet/testkit"
import { Cause, Effect, Exit } from "effect"
import { layerFaultyMachine } from "../support/faultyMachine.ts"
import { layerMachine, type Machine, machine } from "../support/host.ts"
import { request } from "../support/memoryHost.ts"
import { assertSame } from "../support/same.ts"
import { leaseRows } from "../support/rows.ts"

interface World extends Machine {
  readonly before: KernelSnapshot
  readonly rows: unknown
}

/** A machine on which these VMs are up already. */
const worldWith = (others: ReadonlyArray<AttachRequest>) =>
  Effect.gen(function* () {
    const made = yield* machine
    return yield* Effect.gen(function* () {
      const vmnet = yield* Vmnet
      for (const other of others) yield* vmnet.up(other)
      return { ...made, before: made.kernel.snapshot(), rows: yield* leaseRows } satisfies World
    }).pipe(Effect.provide(layerMachine(made)))
  })

const vm1 = request("vm1", { publish: ["8080-8081:80", "127.0.0.1:53:53/udp"] })

/** What `up` failed with says who, which step, what, and why. */
const assertTelling = ({ exit, words }: FaultRun<World, UpResult, VmnetError>) => {
  if (exit === null || Exit.isSuccess(exit) || Cause.hasInterruptsOnly(exit.cause)) return
  const error = Cause.squash(exit.cause)
  assert.instanceOf(error, VmnetError, words)
  assert.include(error.message, "fault injected", words)
  if (error.code === "LEDGER_FAILED") return
  assert.match(error.message, /^(vm1|nat|net\.bridge|sysctl\.ip_forward): /, words)
  assert.isDefined(error.cause, words)
}

const check = (run: FaultRun<World, UpResult, VmnetError>) =>
  Effect.gen(function* () {
    const { kernel, before, rows } = run.world
    const vmnet = yield* Vmnet
    assertTelling(run)
    if (run.exit !== null && Exit.isSuccess(run.exit)) {
      assert.strictEqual((yield* vmnet.show("vm1")).attachment.state, "active")
    } else {
      if (run.exit === null) {
        kernel.host.restartSelf()
        yield* vmnet.down("vm1")
      }
      assertSame(kernel.snapshot(), before, "left behind")
      assertSame(yield* leaseRows, rows, "left in the ledger")
      assert.isFalse((yield* vmnet.up(vm1)).existing)
    }
    yield* vmnet.down("vm1")
    assertSame(kernel.snapshot(), before, "left behind by down")
    assertSame(yield* leaseRows, rows, "left in the ledger by down")
  })

/** An interruption while the VM's lock is given back comes too late: the VM is up by then. */
const untilAnswered = (call: Call): ReadonlyArray<Fault> =>
  everyFault(call).filter(({ _tag }) => _tag !== "Hang" || !call.words.includes("unlock vm "))

const up = (others: ReadonlyArray<AttachRequest>): Scenario<World, UpResult, VmnetError, Vmnet | Ledger> => ({
  world: worldWith(others),
  services: layerFaultyMachine,
  run: () => Vmnet.use((vmnet) => vmnet.up(vm1)),
  faults: untilAnswered,
  check
})

describe("whatever goes wrong while a VM comes up, the host is as it was", () => {
  it.live("when it is the first", () => forEachFault(up([])), 120_000)

  it.live(
    "when another is up on its network",
    () => forEachFault(up([request("other", { publish: ["9090:80"] })])),
    120_000
  )
})
