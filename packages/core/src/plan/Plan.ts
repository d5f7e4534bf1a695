import type { Resource } from "../resource/Resource.ts"
import type { Attachment } from "./Attachment.ts"

/**
 * Resources several leases use together (a network's bridge, the firewall layout, a sysctl), under a key of
 * `[a-z0-9._-]`. Every lease holds its shares by a row in the ledger; the first hold creates them, the last deletes
 * them. Equal keys must mean equal resources.
 */
export interface Share {
  readonly key: string
  readonly resources: ReadonlyArray<Resource>
}

/** What an attach does, before it is done: shares in the order they are needed, own resources in creation order. */
export interface Plan {
  readonly shares: ReadonlyArray<Share>
  readonly resources: ReadonlyArray<Resource>
  readonly attachment: Attachment
}
