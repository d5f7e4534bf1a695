import { Effect } from "effect"
import type { Tx } from "../ledger/Ledger.ts"
import type { OwnedResource } from "../ledger/ResourceRow.ts"
import { HostProbe, type ProcessId } from "../ops/HostProbe.ts"
import type { Lease } from "../plan/Lease.ts"
import type { TeardownReport } from "../plan/teardown.ts"
import type { Resource } from "../resource/Resource.ts"
import { inspectMember } from "./inspectMember.ts"
import { countMembers, deleteMember, findMember, moveResources, setMemberState } from "./MemberRow.ts"
import type { PoolSizes } from "./Pooling.ts"
import { ownerOfMember } from "./reserveMember.ts"

/** Whether the pool has room for one more that is as ready as this one: what is ready with other settings is not. */
export const isWanted = (tx: Tx, { network, pooled }: Lease, sizes: PoolSizes | undefined): boolean => {
  const member = pooled === undefined ? undefined : findMember(tx, pooled)
  if (sizes === undefined || member === undefined) return false
  return countMembers(tx, network.network, { state: "ready", class: member.class }) < sizes.warm
}

/** How the device of a lease is found that nothing of the VM should be on: not yet, or no more. */
export const inspectLeased = ({ install, pooled }: Lease, member: ReadonlyArray<Resource>) =>
  pooled === undefined ? Effect.succeed("dirty" as const) : inspectMember(member, ownerOfMember(install, pooled))

/** Whether somebody has a device open, or may open it at any time: its old owner. Who cannot be seen is taken to be there. */
export const mayBeUsed = Effect.fnUntraced(
  function* (device: string, owner: ProcessId | undefined) {
    const probe = yield* HostProbe
    return (owner !== undefined && probe.alive(owner)) || (yield* probe.tapUse(device)).held
  },
  Effect.orElseSucceed(() => true)
)

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
