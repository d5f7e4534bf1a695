import { assert } from "@effect/vitest"
import { type AttachRequest, Vmnet, VmnetError } from "@vmnet/core"
import type { FaultRun, KernelSnapshot } from "@vmnet/testkit"
import { assertSame, leaseRows } from "@vmnet/testkit/conformance"
import { Cause, Effect, Exit } from "effect"
import { layerMachine, type Machine, machine } from "../support/host.ts"

/** What a machine looked like, in the kernel and in the ledger. */
export interface Picture {
  readonly kernel: KernelSnapshot
  readonly rows: unknown
}

export interface World extends Machine {
  /** Before anything was up. */
  readonly empty: Picture
  /** Before the last of the VMs that are up. */
  readonly beforeLast: Picture
  /** With the VMs that are up already. */
  readonly before: Picture
}

export const picture = ({ kernel }: Machine) =>
  Effect.map(leaseRows, (rows): Picture => ({ kernel: kernel.snapshot(), rows }))

export const assertPicture = Effect.fnUntraced(function* (world: Machine, expected: Picture, words: string) {
  const now = yield* picture(world)
  assertSame(now.kernel, expected.kernel, `${words}: kernel`)
  assertSame(now.rows, expected.rows, `${words}: ledger`)
})

/** The namespace that VMs of these tests may be put into. */
export const netnsPath = "/run/netns/box"

/** A machine with an empty namespace, on which these VMs are up already. */
export const worldWith = (others: ReadonlyArray<AttachRequest>) =>
  Effect.gen(function* () {
    const made = yield* machine
    made.kernel.addNetns(netnsPath)
    return yield* Effect.gen(function* () {
      const vmnet = yield* Vmnet
      const empty = yield* picture(made)
      for (const other of others.slice(0, -1)) yield* vmnet.up(other)
      const beforeLast = yield* picture(made)
      for (const last of others.slice(-1)) yield* vmnet.up(last)
      return { ...made, empty, beforeLast, before: yield* picture(made) } satisfies World
    }).pipe(Effect.provide(layerMachine(made)))
  })

/** What a verb failed with says on what, at which step, and why. */
export const assertTelling = ({ exit, words }: FaultRun<World, unknown, VmnetError>): void => {
  if (exit === null || Exit.isSuccess(exit) || Cause.hasInterruptsOnly(exit.cause)) return
  const error = Cause.squash(exit.cause)
  assert.instanceOf(error, VmnetError, words)
  assert.include(error.message, "fault injected", words)
  if (error.code === "LEDGER_FAILED" || !("step" in (error.details ?? {}))) return
  assert.match(error.message, /^(vm1|nat|net\.bridge|sysctl\.[a-z0-9._]+): (create|look at) /, words)
  assert.isDefined(error.cause, words)
}

/** Whether the VM is as the verb has left it when it succeeded. */
export const succeeded = <A, E>({ exit }: FaultRun<World, A, E>): boolean => exit !== null && Exit.isSuccess(exit)

/** After a crash: vmnet is started again, by another process. */
export const restart = ({ exit, world }: FaultRun<World, unknown, unknown>): void => {
  if (exit === null) world.kernel.host.restartSelf()
}
