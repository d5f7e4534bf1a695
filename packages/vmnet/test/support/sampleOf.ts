import type { Call, Fault } from "@vmnet/testkit"
import { dice, seedOf } from "./dice.ts"

type FaultsOf = (call: Call) => ReadonlyArray<Fault>

/** Whether all there is to be tried is to be tried: `pnpm test:faults`. */
export const everyFaultAsked = process.env["VMNET_EVERY_FAULT"] !== undefined

/**
 * Of the ways in which a call may go wrong one for every call, so that each is struck in each run of the tests, and of the others so
 * many in a hundred, by a seed. All of them when asked to.
 */
export const sampleOf = (faults: FaultsOf, percent = 15): FaultsOf => {
  if (everyFaultAsked) return faults
  const roll = dice(seedOf(1))
  return (call) => {
    const all = faults(call)
    const sure = roll.upTo(all.length)
    return all.filter((_, index) => index === sure || roll.chance(percent))
  }
}
