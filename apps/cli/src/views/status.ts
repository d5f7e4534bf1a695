import type { LeaseState, PoolDetail, Status } from "@vmnet/core"
import type { Document } from "../output/Document.ts"
import { fields } from "./columns.ts"

const leaseText = (leases: Status["leases"]): string => {
  const states = (Object.keys(leases) as ReadonlyArray<LeaseState>).filter((state) => leases[state] > 0)
  return states.length === 0 ? "none" : states.map((state) => `${leases[state]} ${state}`).join(", ")
}

/** What a pool has, where a person reads it. */
export const poolText = ({ leased, ready }: PoolDetail): string => `${ready} ready, ${leased} in use`

export const statusDocument = (status: Status): Document => ({
  json: status,
  table: (style) =>
    fields(
      [
        ["install", status.install],
        ["state directory", status.stateDir],
        ["VMs", leaseText(status.leases)],
        ["without record", status.lost?.vms.map((vm) => `${vm} (vmnet down ${vm} takes it down)`)],
        ["not restored", status.lost?.notes],
        ["networks", String(status.networks)],
        ["published", String(status.published)],
        [
          "pools",
          status.pools.length === 0 ? undefined : status.pools.map((pool) => `${pool.network}: ${poolText(pool)}`)
        ],
        [
          "sysctls held",
          status.sysctls.length === 0
            ? "none"
            : status.sysctls.map(({ key, value, before }) => `${key} = ${value} (was ${before})`)
        ]
      ],
      style
    )
})
