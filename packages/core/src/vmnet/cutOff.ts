import { Effect, Result } from "effect"
import { ownerOfLease } from "../allocator/reserve.ts"
import type { LeaseRecord } from "../ledger/LeaseRow.ts"
import type { Tx } from "../ledger/Ledger.ts"
import { insertFirstIntent, type OwnedResource } from "../ledger/ResourceRow.ts"
import { hostNetns } from "../ops/Netns.ts"
import { type Teardown, teardown } from "../plan/teardown.ts"
import { type Drivers, familyOf } from "../resource/Drivers.ts"

/** How a VM is cut off, with what has to go first all the same. */
export interface CutOff {
  readonly vm: string
  readonly cut: OwnedResource
  readonly mounts: ReadonlyArray<OwnedResource>
}

/** What there is behind an answer. */
export interface Behind {
  /** Answers, and then does what is left to do. */
  readonly after: <A, E, R>(rest: Effect.Effect<A, E, R>) => Effect.Effect<A, E, R>
  readonly tearDown: Teardown
}

/**
 * Records that a VM which is up is about to be cut off at its device, before all else that it has: so it stays cut off until
 * nothing else is left. Nothing for one whose device is not on the host, or that was being taken down before.
 */
export const intendCutOff = (
  tx: Tx,
  { lease, state }: LeaseRecord,
  owned: ReadonlyArray<OwnedResource>
): CutOff | undefined => {
  const isHere = owned.some(({ resource: { kind, netns } }) => kind === "NatElement" && netns._tag === "Host")
  const hasDevice = owned.some(
    ({ resource }) =>
      (resource.kind === "Tap" || resource.kind === "Veth") &&
      resource.netns._tag === "Host" &&
      resource.link === lease.device
  )
  if (state !== "active" || !isHere || !hasDevice) return undefined
  const element = { _tag: "Detached", device: lease.device } as const
  const { vm } = lease
  const cut = insertFirstIntent(tx, vm, ownerOfLease(lease), { kind: "NatElement", netns: hostNetns, element })
  return cut && { vm, cut, mounts: owned.filter(({ resource }) => familyOf(resource) === "mount") }
}

/**
 * Cuts a VM off, and does the rest behind the answer; where it could not be cut off, whoever asked waits for the rest. What is
 * mounted for the VM goes before the answer: whoever has it may want to remove the directory.
 */
export const afterCutOff = <A, E, R>(
  drivers: Drivers,
  { cut, mounts, vm }: CutOff,
  behind: Behind,
  rest: Effect.Effect<A, E, R>
): Effect.Effect<A, E, R> =>
  Effect.result(drivers.nat.apply([cut])).pipe(
    Effect.tap(() => (mounts.length === 0 ? Effect.void : teardown(drivers, vm, mounts))),
    Effect.flatMap((done) => (Result.isSuccess(done) ? behind.after(rest) : rest)),
    // From the answer on there is nobody to be told that it did not come to its end.
    Effect.uninterruptible
  )
