import type { Result } from "effect"
import type { VmnetError } from "../errors/VmnetError.ts"
import type { BackendKind } from "../plan/Attachment.ts"
import type { DefaultNetwork } from "../config/defaults.ts"
import type { Section } from "../config/sections/Section.ts"
import type { HelperName } from "../ops/Helpers.ts"
import type { AttachRequest, NetworkSpec, PublishSpec } from "../plan/AttachRequest.ts"
import type { Lease, PublishLease } from "../plan/Lease.ts"
import type { Plan } from "../plan/Plan.ts"
import type { Pooling } from "../pool/Pooling.ts"
import type { Resource } from "../resource/Resource.ts"

/**
 * A way to give a VM its network. A backend validates and plans; the core allocates, applies, undoes and remembers.
 * Everything here is pure: same input, same output, no I/O, so plans can be printed, compared and property-tested.
 */
export interface Backend {
  readonly kind: BackendKind
  /** What its networks and VMs may be configured with. */
  readonly section: Section
  /** The network used when neither configuration nor flags name one, called like the backend. */
  readonly defaultNetwork: DefaultNetwork
  /** What every guest has alike. What is absent the allocator finds for each: an address of the network, a MAC. */
  readonly identity?: { readonly address?: string; readonly mac?: string }
  /** What the host's end of a lease is: a TAP unless the request has a target. */
  readonly device?: "tap" | "veth"
  /** How namespaces are named after the address that leads to them: where a name is taken, so is its address. */
  readonly namespaces?: {
    readonly nameOf: (network: NetworkSpec, address: string) => string
    readonly addressOf: (network: NetworkSpec, name: string) => string | undefined
  }
  /** Whose rights its work takes: the host's network administrator's (`host`, if absent), or any user's (`user`). */
  readonly privilege?: "host" | "user"
  /** The helpers a request needs; what stops them from working is told before anything is made. */
  readonly helpers?: (request: AttachRequest) => ReadonlyArray<HelperName>
  /** Refuses by name what cannot be changed about the ports of a VM that is up; nothing is added by `unpublish`. */
  readonly livePublish?: (live: AttachRequest, added: ReadonlyArray<PublishSpec>) => Result.Result<void, VmnetError>
  /** Refuses by name what this backend cannot honour; nothing is ignored. */
  readonly validate: (request: AttachRequest) => Result.Result<void, VmnetError>
  /** Devices of this backend that can be made ahead. */
  readonly pooling?: Pooling
  readonly plan: (request: AttachRequest, lease: Lease) => Plan
  /** The resources that publish ports of a live lease, for `publish` and `unpublish` later. */
  readonly publish: (lease: Lease, publish: ReadonlyArray<PublishLease>) => ReadonlyArray<Resource>
}
