import { Effect } from "effect"
import type { OwnedResource } from "../ledger/ResourceRow.ts"
import { Helpers } from "../ops/Helpers.ts"
import { LinkOps } from "../ops/LinkOps.ts"
import { MountOps } from "../ops/MountOps.ts"
import { NatOps } from "../ops/NatOps.ts"
import { netnsKey } from "../ops/Netns.ts"
import { Stay, type StayWhile } from "../ops/Stay.ts"
import { SysctlOps } from "../ops/SysctlOps.ts"
import type { Driver } from "./Driver.ts"
import { grouped } from "./grouped.ts"
import { makeHelperDriver } from "./HelperDriver.ts"
import { linksInHelperNetns, natInHelperNetns, sysctlsInHelperNetns } from "./helperNetns.ts"
import { makeLinkDriver } from "./LinkDriver.ts"
import { makeMountDriver } from "./MountDriver.ts"
import { makeNatDriver } from "./NatDriver.ts"
import type { Resource } from "./Resource.ts"
import { makeSysctlDriver } from "./SysctlDriver.ts"

export type Family = "link" | "nat" | "sysctl" | "mount" | "helper"

/** Which service makes a resource of this kind. */
export const familyOf = (resource: Resource): Family => {
  switch (resource.kind) {
    case "NatLayout":
    case "NatElement":
      return "nat"
    case "Sysctl":
      return "sysctl"
    case "ResolvConf":
      return "mount"
    case "Helper":
    case "Forward":
      return "helper"
    default:
      return "link"
  }
}

export type Drivers = Readonly<Record<Family, Driver>> & { readonly stay: StayWhile }

type Needs = Helpers | LinkOps | MountOps | NatOps | SysctlOps

export const drivers: Effect.Effect<Drivers, never, Needs> = Effect.gen(function* () {
  const helpers = yield* Helpers
  return {
    link: makeLinkDriver(linksInHelperNetns(helpers, yield* LinkOps)),
    nat: makeNatDriver(natInHelperNetns(helpers, yield* NatOps)),
    sysctl: makeSysctlDriver(sysctlsInHelperNetns(helpers, yield* SysctlOps)),
    mount: makeMountDriver(yield* MountOps),
    helper: makeHelperDriver(helpers),
    stay: yield* Stay
  }
})

/** Neighbouring resources of one family in one namespace: one batch, as few kernel calls as possible. */
export const batches = (resources: ReadonlyArray<OwnedResource>): ReadonlyArray<ReadonlyArray<OwnedResource>> =>
  grouped(resources, batchKey)

/** What can go together has it alike. */
export const batchKey = ({ resource }: OwnedResource): string => `${familyOf(resource)} ${netnsKey(resource.netns)}`
