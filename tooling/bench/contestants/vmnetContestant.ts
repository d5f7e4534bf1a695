import type { ContestantKey } from "../Contestant.ts"
import { networkOf } from "../networks.ts"
import type { Ops } from "../World.ts"
import type { MakeContestant } from "./Stage.ts"

const contestant =
  (key: ContestantKey, ops: Ops, network?: string): MakeContestant =>
  ({ subject, world }) => ({
    key,
    prepare: async (turn) => {
      const vm = `${key}-${turn}`
      return {
        attach: async () => void (await world.up(ops, { vm, network: network ?? networkOf[subject] })),
        detach: () => world.down(ops, vm),
        finish: () => world.untilGone(ops, vm),
        clear: async () => {
          await world.down(ops, vm)
          await world.untilGone(ops, vm)
        }
      }
    }
  })

/** `up` and `down` as a long-lived process calls them: `down` answers when nothing passes any more. */
export const native = contestant("native", "native")
export const exec = contestant("exec", "exec")

/** The same in a network whose TAPs are made ahead and given back. */
export const pool = contestant("pool", "native", "pool")
