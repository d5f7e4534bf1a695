import { Effect } from "effect"
import type { Drivers } from "../../resource/Drivers.ts"
import type { GcResult } from "../Vmnet.ts"
import { type Collector, merge } from "./Collector.ts"
import type { GcOptions } from "./GcOptions.ts"
import { collectLeases } from "./leases.ts"
import { collectMembers } from "./members.ts"
import { collectShares } from "./shares.ts"

/** In this order: what one takes down, the next may then find unused. */
const collectors: ReadonlyArray<Collector> = [collectLeases, collectMembers, collectShares]

/** Takes back what belongs to nobody any more, and says of everything else why it stays. */
export const gc = Effect.fn("Vmnet.gc")(function* (drivers: Drivers, options: GcOptions) {
  const results: Array<GcResult> = []
  for (const collect of collectors) results.push(yield* collect(drivers, options))
  return merge(results)
})
