import type { Pooling, PoolSizes, TapPool } from "@vmnet/core"
import { bridgedDevice, bridgedShares } from "./bridged.ts"
import { routedDevice, tables } from "./routed.ts"

/** A TAP and the rules about it, which let nothing through while no guest is behind it. */
export const pooling: Pooling = {
  sizes: ({ options }) => sizesOf(options?.["pool"] as TapPool | undefined),
  member: (request, network, device) => {
    const { bridge } = request.network
    return bridge === undefined
      ? { shares: [tables], resources: routedDevice(request, network, device) }
      : { shares: bridgedShares, resources: bridgedDevice(request, network, device, bridge) }
  }
}

/** The schema has seen to it that one of the two is there. */
const sizesOf = (pool: TapPool | undefined): PoolSizes | undefined =>
  pool === undefined ? undefined : { size: pool.size ?? null, warm: pool.warm ?? pool.size ?? 0 }
