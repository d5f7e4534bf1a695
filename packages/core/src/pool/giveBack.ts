import { Effect } from "effect"
import type { Tx } from "../ledger/Ledger.ts"
import { Ledger } from "../ledger/Ledger.ts"
import type { OwnedResource } from "../ledger/ResourceRow.ts"
import type { Lease } from "../plan/Lease.ts"
import { type Condition, inspectMember } from "./inspectMember.ts"
import { deleteMember, findMember, membersOf, moveResources, setMemberState } from "./MemberRow.ts"
import type { PoolSizes } from "./Pooling.ts"
import { ownerOfMember } from "./reserveMember.ts"

/** What of a lease's resources is its pool's. */
export const memberResources = ({ install, pooled }: Lease, owned: ReadonlyArray<OwnedResource>) => {
  if (pooled === undefined) return []
  const owner = ownerOfMember(install, pooled)
  return owned.filter((resource) => resource.owner === owner)
}

/** Whether the pool has room for one more that is ready. */
export const isWanted = (tx: Tx, { network }: Lease, sizes: PoolSizes | undefined): boolean =>
  sizes !== undefined && membersOf(tx, network.network, "ready").length < sizes.warm

/** How the member of a lease is found, once everything of the VM has been taken off it. */
export const inspectLeased = Effect.fnUntraced(function* ({ device, install, pooled }: Lease) {
  return pooled === undefined ? ("dirty" as const) : yield* inspectMember(device, ownerOfMember(install, pooled))
})

/** Makes the member of a lease ready for another: its resources are the pool's again. */
export const makeReady = Effect.fnUntraced(function* ({ vm, install, pooled }: Lease) {
  const ledger = yield* Ledger
  if (pooled === undefined) return
  yield* ledger.transact(`return the device of ${vm}`, (tx) => {
    moveResources(tx, vm, pooled, ownerOfMember(install, pooled))
    setMemberState(tx, pooled, "ready")
  })
})

/** Forgets a lease's member with the lease, unless it has gone back to the pool. */
export const forgetMember = (tx: Tx, pooled: string | undefined): void => {
  if (pooled !== undefined && findMember(tx, pooled)?.state === "leased") deleteMember(tx, pooled)
}

/** Whether a member can be given to the next, or kept for later. */
export const isUsable = (condition: Condition): boolean => condition === "clean"
