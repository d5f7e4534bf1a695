import { networkOf } from "../networks.ts"
import { type Argv, stepsOf } from "./programSteps.ts"
import { runAnyway } from "./runProgram.ts"
import { Spawner } from "./Spawner.ts"
import type { MakeContestant } from "./Stage.ts"

const started = (steps: ReadonlyArray<Argv>) => steps.map((argv) => ({ argv }))

/** The same topology by `ip`, `sysctl` and `iptables`, a program for each step: what scripts and many a VMM's helpers do. */
export const programs: MakeContestant = ({ subject, world }) => {
  const spawner = Spawner.start()
  return {
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
          return (await spawner.run(started(make))).ms
        },
        detach: async () => {
          const { ms } = await spawner.run(started(remove))
          isUp = false
          return ms
        },
        clear: async () => {
          if (isUp) runAnyway(remove)
        }
      }
    }
  }
}
