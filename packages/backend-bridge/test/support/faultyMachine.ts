import { bridgeBackend } from "@vmnet/backend-bridge"
import { faultyMountOps, faultyOps } from "@vmnet/testkit"
import { faultyServiceIn } from "@vmnet/testkit/conformance"

/** As `layerMachine`, with faults at every kernel operation and every transaction. */
export const layerFaultyMachine = faultyServiceIn([bridgeBackend], (kernel) => faultyMountOps(faultyOps(kernel)))
