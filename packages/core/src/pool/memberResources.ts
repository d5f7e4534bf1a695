import type { Backend } from "../backend/Backend.ts"
import type { OwnedResource } from "../ledger/ResourceRow.ts"
import type { Lease } from "../plan/Lease.ts"
import { carries, goesWith, resourceKey } from "../resource/identity.ts"
import type { Resource } from "../resource/Resource.ts"
import type { MemberRequest } from "./Pooling.ts"

type Pooled = Pick<Backend, "pooling">

const planned = ({ pooling }: Pooled, request: MemberRequest, { pooled, network, device }: Lease) =>
  pooled === undefined || pooling === undefined ? [] : pooling.member(request, network, device).resources

/** A plan in two: the device of the pool, and what is the VM's. */
export const splitPlan = (
  backend: Pooled,
  request: MemberRequest,
  lease: Lease,
  resources: ReadonlyArray<Resource>
): { readonly member: ReadonlyArray<Resource>; readonly own: ReadonlyArray<Resource> } => {
  const keys = new Set(planned(backend, request, lease).map(resourceKey))
  return {
    member: resources.filter((resource) => keys.has(resourceKey(resource))),
    own: resources.filter((resource) => !keys.has(resourceKey(resource)))
  }
}

/** What is configured on a device of the pool carries no tag of its own: it is told by that of the device. */
export const isOnMember = (member: ReadonlyArray<Resource>): ((resource: Resource) => boolean) => {
  const carriers = new Set(member.flatMap(carries))
  return (resource) => goesWith(resource).some((carrier) => carriers.has(carrier))
}

/** Of what is on record for a lease, the device of its pool: all of it made and confirmed, or nothing. */
export const memberOf = (
  backend: Pooled | undefined,
  request: MemberRequest,
  lease: Lease,
  owned: ReadonlyArray<OwnedResource>
): ReadonlyArray<OwnedResource> => {
  if (backend === undefined) return []
  const keys = new Set(planned(backend, request, lease).map(resourceKey))
  const found = owned.filter(({ resource }) => keys.has(resourceKey(resource)))
  return found.length === keys.size && found.every(({ state }) => state === "present") ? found : []
}
