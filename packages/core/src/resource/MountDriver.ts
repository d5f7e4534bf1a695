import { Effect } from "effect"
import { OpsError } from "../errors/OpsError.ts"
import type { OwnedResource } from "../ledger/ResourceRow.ts"
import type { MountFinding, MountOps, ResolverMount } from "../ops/MountOps.ts"
import { missing, remains } from "./drift.ts"
import type { Drift, Driver, Presence } from "./Driver.ts"
import type { ResolvConfResource } from "./Resource.ts"

type Ops = MountOps["Service"]

/**
 * Resolver files, one call each. What is left of one is ours as much as the whole is, and so is one that cannot be taken
 * back from here or now: `remove` says why, and nothing of it is forgotten.
 */
export const makeMountDriver = (ops: Ops): Driver => ({
  apply: (resources) =>
    Effect.forEach(resources, (owned, index) => Effect.mapError(ops.mount(mountOf(owned)), at(index)), {
      discard: true
    }),
  find: (resources) => Effect.forEach(resources, (owned) => Effect.map(ops.find(mountOf(owned)), presence)),
  remove: (resources) => Effect.forEach(resources, (owned) => ops.unmount(mountOf(owned)), { discard: true }),
  inspect: (resources) => Effect.forEach(resources, (owned) => Effect.map(ops.find(mountOf(owned)), drift)),
  mend: (owned) => Effect.andThen(ops.unmount(mountOf(owned)), ops.mount(mountOf(owned)))
})

const mountOf = ({ resource }: OwnedResource): ResolverMount => (resource as ResolvConfResource).mount

const at =
  (index: number) =>
  (error: OpsError): OpsError =>
    new OpsError({ ...error, index })

/** What lies on top of it, or whoever lives where it is mounted, is somebody else's. */
const drift = (finding: MountFinding): Drift | null => {
  switch (finding._tag) {
    case "Present":
      return null
    case "Absent":
      return missing
    case "Partial":
      return remains(finding.detail)
    default:
      return { _tag: "Foreign", by: finding.detail }
  }
}

const presence = ({ _tag }: MountFinding): Presence => (_tag === "Absent" ? "absent" : "ours")
