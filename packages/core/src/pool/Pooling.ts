import type { AttachRequest, NetworkSpec } from "../plan/AttachRequest.ts"
import type { NetworkLease } from "../plan/Lease.ts"
import type { Share } from "../plan/Plan.ts"
import type { Resource } from "../resource/Resource.ts"

/** How many members a network's pool has: at most `size` in use and ready together, `warm` of them kept ready. */
export interface PoolSizes {
  readonly size: number | null
  readonly warm: number
}

/** What a member is made of, and what has to be there first. */
export interface MemberPlan {
  readonly shares: ReadonlyArray<Share>
  readonly resources: ReadonlyArray<Resource>
}

/** Of a request, what a member depends on. */
export type MemberRequest = Pick<AttachRequest, "network" | "tapOwner">

/**
 * Devices that can be made before anyone asks for them, and be had by one VM after the other. A member is the part of a
 * plan that says nothing of the VM: with the same request and device it is among the plan's own resources, word for word.
 * Two members are of one class, and one as good as the other, when they differ in the name of the device alone.
 */
export interface Pooling {
  /** Nothing for a network that has no pool. */
  readonly sizes: (spec: NetworkSpec) => PoolSizes | undefined
  readonly member: (request: MemberRequest, network: NetworkLease, device: string) => MemberPlan
}
