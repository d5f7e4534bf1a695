import { Effect } from "effect"
import { Ledger, type Tx } from "../ledger/Ledger.ts"
import type { OwnedResource } from "../ledger/ResourceRow.ts"
import type { Lease } from "../plan/Lease.ts"
import { inspectMember } from "./inspectMember.ts"
import { deleteMember, findMember, membersOf, moveResources, setMemberState } from "./MemberRow.ts"
import type { PoolSizes } from "./Pooling.ts"
import { ownerOfMember } from "./reserveMember.ts"

/** Whether the pool has room for one more that is ready. */
export const isWanted = (tx: Tx, { network }: Lease, sizes: PoolSizes | undefined): boolean =>
  sizes !== undefined && membersOf(tx, network.network, "ready").length < sizes.warm

/** How the device of a lease is found that nothing of the VM should be on: not yet, or no more. */
export const inspectLeased = Effect.fnUntraced(function* ({ device, install, pooled }: Lease) {
  return pooled === undefined ? ("dirty" as const) : yield* inspectMember(device, ownerOfMember(install, pooled))
})

/** Makes the device of a lease ready for another: what it consists of is on record for the pool again. */
export const makeReady = Effect.fnUntraced(function* ({ vm, pooled }: Lease, device: ReadonlyArray<OwnedResource>) {
  const ledger = yield* Ledger
  if (pooled === undefined) return
  yield* ledger.transact(`return the device of ${vm}`, (tx) => {
    moveResources(tx, vm, pooled, device)
    setMemberState(tx, pooled, "ready")
  })
})

/** Forgets a lease's device with the lease, unless it has gone back to the pool. */
export const forgetMember = (tx: Tx, pooled: string | undefined): void => {
  if (pooled !== undefined && findMember(tx, pooled)?.state === "leased") deleteMember(tx, pooled)
}
