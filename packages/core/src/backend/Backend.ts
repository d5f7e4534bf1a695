import type { Result } from "effect"
import type { VmnetError } from "../errors/VmnetError.ts"
import type { BackendKind } from "../plan/Attachment.ts"
import type { AttachRequest } from "../plan/AttachRequest.ts"
import type { Lease, PublishLease } from "../plan/Lease.ts"
import type { Plan } from "../plan/Plan.ts"
import type { Resource } from "../resource/Resource.ts"

/**
 * A way to give a VM its network. A backend validates and plans; the core allocates, applies, undoes and remembers.
 * Everything here is pure: same input, same output, no I/O, so plans can be printed, compared and property-tested.
 */
export interface Backend {
  readonly kind: BackendKind
  /** The network used when neither configuration nor flags name one. */
  readonly defaultNetwork: { readonly subnet: string; readonly addressing: "hash" | "lowest" }
  /** Refuses by name what this backend cannot honour; nothing is ignored. */
  readonly validate: (request: AttachRequest) => Result.Result<void, VmnetError>
  readonly plan: (request: AttachRequest, lease: Lease) => Plan
  /** The resources that publish ports of a live lease, for `publish` and `unpublish` later. */
  readonly publish: (lease: Lease, publish: ReadonlyArray<PublishLease>) => ReadonlyArray<Resource>
}
