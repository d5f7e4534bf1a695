import type { Effect } from "effect"
import type { Backends } from "../../backend/Backends.ts"
import type { VmnetError } from "../../errors/VmnetError.ts"
import type { Ledger } from "../../ledger/Ledger.ts"
import type { Helpers } from "../../ops/Helpers.ts"
import type { HostProbe } from "../../ops/HostProbe.ts"
import type { LinkOps } from "../../ops/LinkOps.ts"
import type { MountOps } from "../../ops/MountOps.ts"
import type { NatOps } from "../../ops/NatOps.ts"
import type { SysctlOps } from "../../ops/SysctlOps.ts"
import type { Drivers } from "../../resource/Drivers.ts"
import type { GcResult } from "../Vmnet.ts"
import type { GcRun } from "./GcRun.ts"

export type GcNeeds = Backends | Helpers | HostProbe | Ledger | LinkOps | MountOps | NatOps | SysctlOps

/** Takes back one sort of what belongs to nobody any more, and says of everything else of that sort why it stays. */
export type Collector = (drivers: Drivers, run: GcRun) => Effect.Effect<GcResult, VmnetError, GcNeeds>

export const nothing: GcResult = { actions: [], problems: [] }

export const merge = (results: ReadonlyArray<GcResult>): GcResult => ({
  actions: results.flatMap(({ actions }) => actions),
  problems: results.flatMap(({ problems }) => problems)
})
