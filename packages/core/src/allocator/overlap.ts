import { Result } from "effect"
import { VmnetError } from "../errors/VmnetError.ts"
import { parsePrefix } from "../net/Ipv4.ts"
import { findOverlap, type OccupiedSpace } from "../net/Overlap.ts"
import type { NetworkSpec } from "../plan/AttachRequest.ts"

/**
 * The refusal of a network whose addresses are in use already; its own bridge, left from an earlier use, does not count.
 * A network that has none on the host is in nobody's way.
 */
export const subnetOverlap = (
  spec: NetworkSpec,
  space: Partial<OccupiedSpace>,
  device?: string
): VmnetError | undefined => {
  if (spec.inside) return undefined
  const occupied = { routes: [], addresses: [], networks: [], ...space }
  const owner = { network: spec.network, ...(device === undefined ? {} : { link: device }) }
  for (const option of ["subnet", "links"] as const) {
    const prefix = spec[option]
    if (prefix === undefined) continue
    const overlap = findOverlap(Result.getOrThrow(parsePrefix(prefix)), occupied, owner)
    if (overlap === undefined) continue
    return new VmnetError({
      code: "SUBNET_OVERLAP",
      detail: `network ${spec.network}: ${option} ${overlap.problem}`,
      hint: `Choose ${option === "subnet" ? "a subnet" : "links"} that nothing uses: networks.${spec.network}.${option} in the configuration.`,
      details: { network: spec.network, [option]: prefix, kind: overlap.kind, overlaps: overlap.what }
    })
  }
  return undefined
}
