import { bridgeBackend } from "@vmnet/backend-bridge"
import { type AttachRequest, Vmnet, VmnetError } from "@vmnet/core"
import { type Call, everyFault, type Fault, type FaultRun, fewFaults, HostSnapshot, PrivateHost } from "@vmnet/testkit"
import { assert } from "@effect/vitest"
import { assertSame, layerFaultyService, leaseRows } from "@vmnet/testkit/conformance"
import { Cause, Effect, Exit } from "effect"
import { request } from "./memoryHost.ts"
import { container, unchanged } from "./realHost.ts"
import { native } from "./subjects.ts"

/** As the service of `shareHost`, with faults at every kernel operation and every transaction. */
export const layerFaulty = layerFaultyService({ ...native, backends: [bridgeBackend] })

/** What the host and the ledger looked like. */
export interface Picture {
  readonly host: HostSnapshot
  readonly rows: unknown
}

export const picture = Effect.gen(function* () {
  return { host: yield* Effect.orDie(HostSnapshot.take()), rows: yield* leaseRows } satisfies Picture
})

export const assertPicture = Effect.fnUntraced(function* (expected: Picture, words: string) {
  assertSame(yield* leaseRows, expected.rows, `${words}: ledger`)
  yield* unchanged(expected.host)
})

/** A VM that is up and answers the LAN on port 9090 while others come, fail and go. */
export const witness = Effect.gen(function* () {
  const host = yield* PrivateHost
  const guest = yield* container("witness", { publish: ["9090:80"] })
  yield* host.serve(guest.netns, { port: 80, page: "witness" })
  return Effect.map(host.http("lan", "http://192.0.2.10:9090/"), ({ seen }) =>
    assert.strictEqual(seen?.page, "witness")
  )
})

/** That the address and the ports of a request can be had: every check that `up` makes, and nothing done. */
export const assertFree = Effect.fnUntraced(function* (asked: AttachRequest, address: string) {
  const vmnet = yield* Vmnet
  const { attachment } = yield* vmnet.plan({ ...request("somebody", { ip: address }), publish: asked.publish })
  assert.strictEqual(attachment.host.address, address)
})

/** What a verb failed with says which step, on what, and why; its cause is kept. */
export const assertTelling = ({ exit, words }: FaultRun<unknown, unknown, VmnetError>): void => {
  if (exit === null || Exit.isSuccess(exit) || Cause.hasInterruptsOnly(exit.cause)) return
  const error = Cause.squash(exit.cause)
  assert.instanceOf(error, VmnetError, words)
  assert.include(error.message, "fault injected", words)
  if (error.code === "LEDGER_FAILED") return
  const { step, action } = error.details ?? {}
  if (typeof step !== "string" || typeof action !== "string") return
  assert.include(error.message, step, words)
  assert.include(error.message, action, words)
  assert.isDefined(error.cause, words)
}

/** What changes the kernel. */
const changes: ReadonlySet<string> = new Set(["LinkOps.apply", "NatOps.apply", "SysctlOps.write"])

/**
 * Batches of link changes are struck between any two of them: each leaves something else behind. Of what only looks or
 * records every third is: in memory all of them are.
 */
const faultsOf = (call: Call): ReadonlyArray<Fault> => {
  if (call.method === "LinkOps.apply") return everyFault(call).filter(({ _tag }) => _tag !== "Crash")
  return changes.has(call.method) || call.number % 3 === 0 ? fewFaults(call) : []
}

/** An interruption while the VM's lock is given back comes too late to be one. */
export const untilAnswered = (call: Call): ReadonlyArray<Fault> =>
  faultsOf(call).filter(({ _tag }) => _tag !== "Hang" || !call.words.includes("unlock vm "))

export const succeeded = ({ exit }: FaultRun<unknown, unknown, unknown>): boolean =>
  exit !== null && Exit.isSuccess(exit)
