import type { PublishSpec } from "./AttachRequest.ts"

/** What the allocator reserved for one attach, held in the ledger under UNIQUE constraints until released. */
export interface Lease {
  readonly vm: string
  readonly generation: number
  readonly install: string
  readonly network: NetworkLease
  /** The guest's IPv4 address, no prefix. */
  readonly address: string
  readonly mac: string
  /** The host-side device: TAP or veth end. */
  readonly device: string
  /** Connection mark of this generation, unique among all leases and published ports since boot. */
  readonly mark: number
  readonly publish: ReadonlyArray<PublishLease>
  /** The member of the network's pool that its device is, by what it is tagged with. */
  readonly pooled?: string
  /** The uplink's interface name when the lease was made, null without a default route. */
  readonly uplink: string | null
}

/** A published range with its connection mark. */
export interface PublishLease extends PublishSpec {
  readonly mark: number
}

/** What a network got when it was first used; the same for all its leases. */
export interface NetworkLease {
  readonly network: string
  readonly device: string
  readonly mac: string
  readonly subnet: string
  readonly prefix: number
  readonly gateway: string
}
