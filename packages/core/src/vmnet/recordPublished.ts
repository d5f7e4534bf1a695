import type { Backend } from "../backend/Backend.ts"
import { type LeaseRecord, updateLease } from "../ledger/LeaseRow.ts"
import type { Tx } from "../ledger/Ledger.ts"
import type { Attachment } from "../plan/Attachment.ts"
import type { PublishLease } from "../plan/Lease.ts"

/** Records what a lease publishes now; its original request stays, so that `up` with it is still the same request. */
export const recordPublished = (
  tx: Tx,
  backend: Backend,
  { lease, request }: LeaseRecord,
  published: ReadonlyArray<PublishLease>
): Attachment => {
  const changed = { ...lease, publish: published }
  const attachment: Attachment = { ...backend.plan(request, changed).attachment, state: "active" }
  updateLease(tx, changed, attachment)
  return attachment
}
