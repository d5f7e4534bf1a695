import { Effect } from "effect"
import type { Tx } from "../ledger/Ledger.ts"
import type { OwnedResource } from "../ledger/ResourceRow.ts"
import type { Lease } from "../plan/Lease.ts"
import type { TeardownReport } from "../plan/teardown.ts"
import { inspectMember } from "./inspectMember.ts"
import { deleteMember, membersOf, moveResources, setMemberState } from "./MemberRow.ts"
import type { PoolSizes } from "./Pooling.ts"
import { ownerOfMember } from "./reserveMember.ts"

/** Whether the pool has room for one more that is ready. */
export const isWanted = (tx: Tx, { network }: Lease, sizes: PoolSizes | undefined): boolean =>
  sizes !== undefined && membersOf(tx, network.network, "ready").length < sizes.warm

/** How the device of a lease is found that nothing of the VM should be on: not yet, or no more. */
export const inspectLeased = Effect.fnUntraced(function* ({ device, install, pooled }: Lease) {
  return pooled === undefined ? ("dirty" as const) : yield* inspectMember(device, ownerOfMember(install, pooled))
})

/** What became of a lease's objects: `device`, if any, is ready for another as soon as the lease is forgotten. */
export interface Release {
  readonly report: TeardownReport
  readonly device: ReadonlyArray<OwnedResource>
}

/** Makes the device of a lease ready for another: what it consists of is on record for the pool again. */
const makeReady = (tx: Tx, vm: string, pooled: string, device: ReadonlyArray<OwnedResource>): void => {
  moveResources(tx, vm, pooled, device)
  setMemberState(tx, pooled, "ready")
}

/** Forgets a lease's device with the lease, unless it goes back to the pool. */
export const releaseMember = (tx: Tx, { vm, pooled }: Lease, device: ReadonlyArray<OwnedResource>): void => {
  if (pooled === undefined) return
  if (device.length > 0) makeReady(tx, vm, pooled, device)
  else deleteMember(tx, pooled)
}
