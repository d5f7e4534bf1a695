import { Struct } from "effect"
import type { Backend } from "../backend/Backend.ts"
import { type LeaseRecord, updateLease } from "../ledger/LeaseRow.ts"
import type { Tx } from "../ledger/Ledger.ts"
import type { Attachment } from "../plan/Attachment.ts"
import type { PublishLease } from "../plan/Lease.ts"

/** Records what a lease publishes now, in its request too: `up` is compared with the present, not with the past. */
export const recordPublished = (
  tx: Tx,
  backend: Backend,
  { lease, request }: LeaseRecord,
  published: ReadonlyArray<PublishLease>
): Attachment => {
  const changed = { ...lease, publish: published }
  const attachment: Attachment = { ...backend.plan(request, changed).attachment, state: "active" }
  updateLease(tx, changed, attachment, { ...request, publish: published.map((range) => Struct.omit(range, ["mark"])) })
  return attachment
}
