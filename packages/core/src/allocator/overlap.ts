import { Result } from "effect"
import { VmnetError } from "../errors/VmnetError.ts"
import { parsePrefix } from "../net/Ipv4.ts"
import { findOverlap, type OccupiedSpace } from "../net/Overlap.ts"
import type { NetworkSpec } from "../plan/AttachRequest.ts"

/** The refusal of a network whose subnet is in use already; its own bridge, left from an earlier use, does not count. */
export const subnetOverlap = (
  spec: NetworkSpec,
  space: Partial<OccupiedSpace>,
  device?: string
): VmnetError | undefined => {
  const overlap = findOverlap(
    Result.getOrThrow(parsePrefix(spec.subnet)),
    { routes: [], addresses: [], networks: [], ...space },
    { network: spec.network, ...(device === undefined ? {} : { link: device }) }
  )
  if (overlap === undefined) return undefined
  return new VmnetError({
    code: "SUBNET_OVERLAP",
    detail: `network ${spec.network}: subnet ${overlap.problem}`,
    hint: `Choose a subnet that nothing uses: networks.${spec.network}.subnet in the configuration.`,
    details: { network: spec.network, subnet: spec.subnet, kind: overlap.kind, overlaps: overlap.what }
  })
}
