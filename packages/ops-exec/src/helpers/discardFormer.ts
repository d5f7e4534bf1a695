import type { HelperKey } from "@vmnet/core"
import type { HelperContext } from "./context.ts"
import { identify } from "./identify.ts"
import { helperNames, placeOf, removeFiles } from "./place.ts"
import { readRecord } from "./record.ts"

/**
 * Removes what an earlier generation of the VM has left: the ledger forgets all leases with the boot, and a state
 * directory may outlive it. Nobody else would, and the records would be in the way for ever. A process that still runs
 * keeps its own.
 */
export const discardFormer = ({ bootId, stateDir }: HelperContext, { owner }: HelperKey): void => {
  for (const helper of helperNames) {
    const place = placeOf(stateDir, { owner, helper })
    const recorded = readRecord(place)
    if (recorded._tag !== "Process" || recorded.owner === owner) continue
    const former: HelperKey = { owner: recorded.owner, helper }
    if (identify(place, former, bootId)._tag === "Ended") removeFiles(place, former)
  }
}
