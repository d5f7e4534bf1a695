import { networkOf } from "../networks.ts"
import { type Argv, stepsOf } from "./programSteps.ts"
import { runAnyway, runProgram } from "./runProgram.ts"
import type { MakeContestant } from "./Stage.ts"

const runAll = (steps: ReadonlyArray<Argv>): void => {
  for (const argv of steps) runProgram(argv)
}

/** The same topology by `ip`, `sysctl` and `iptables`, a program for each step: what scripts and many a VMM's helpers do. */
export const programs: MakeContestant = ({ subject, world }) => ({
  key: "programs",
  prepare: async (turn) => {
    const { resources } = await world.plan({ vm: `programs-${turn}`, network: networkOf[subject] })
    const steps = resources.map(stepsOf)
    const make = steps.flatMap((one) => one.make)
    const remove = steps.toReversed().flatMap((one) => one.remove)
    let isUp = false
    return {
      attach: async () => {
        isUp = true
        runAll(make)
      },
      detach: async () => {
        runAll(remove)
        isUp = false
      },
      clear: async () => {
        if (isUp) runAnyway(remove)
      }
    }
  }
})
