import { VmnetError } from "../errors/VmnetError.ts"
import { anyForwarding } from "../ledger/LeaseRow.ts"
import type { Tx } from "../ledger/Ledger.ts"
import type { AttachRequest } from "../plan/AttachRequest.ts"

/**
 * All leases of an install go about forwarding in one way. `ip_forward` resets the flags of every interface when it
 * changes, so the last lease of one way would end what a lease of another needs; and a bridge is made for one way.
 */
export const refuseOtherForwarding = (tx: Tx, { vm, forwarding }: AttachRequest): void => {
  const live = anyForwarding(tx)
  if (live === undefined || live.forwarding === forwarding) return
  throw new VmnetError({
    code: "NETWORK_CONFLICT",
    detail: `${vm}: forwarding is ${live.forwarding} for ${live.vm}, which is up, and cannot be ${forwarding} as well`,
    hint: `Set forwarding: ${live.forwarding} again, or take all VMs down first: vmnet down --all`,
    details: { vm, forwarding, live: live.forwarding, holder: live.vm }
  })
}
