import { readFileSync } from "node:fs"
import type { Plan, Resource } from "../../../packages/core/src/index.ts"
import { Floor } from "../floor/Floor.ts"
import type { Player } from "../floor/Player.ts"
import { type Prepared, prepare } from "../floor/Prepared.ts"
import { attachScript, detachScript } from "../floor/script.ts"
import { slotTable } from "../floor/slotTable.ts"
import { networkOf } from "../networks.ts"
import type { MakeContestant, Stage } from "./Stage.ts"

/** Indexes of links beyond those that the kernel gives. */
const firstIndex = 0x100_0000

const indexOf = (link: string): number => Number(readFileSync(`/sys/class/net/${link}/ifindex`, "utf8"))

const preparer = ({ bridge, subject, world: { install, plan } }: Stage) => {
  const table = slotTable(install)
  const masterIndex = bridge === undefined ? undefined : indexOf(bridge)
  return async (turn: number, part: (plan: Plan) => ReadonlyArray<Resource> = (whole) => whole.resources) => {
    const whole = await plan({ vm: `floor-${turn}`, network: networkOf[subject] })
    const index = firstIndex + turn
    const prepared = (resources: ReadonlyArray<Resource>): Prepared =>
      prepare({ plan: { ...whole, resources }, index, masterIndex, slotTable: table, install })
    return { whole, prepared, all: prepared(part(whole)) }
  }
}

const quietly = (work: () => void): void => {
  try {
    work()
  } catch {
    // Of what has failed already, whatever is left cannot be told from what never was.
  }
}

/** The topology of `vmnet`'s own plan, and the same elements in its tables: nothing is looked at, recorded or undone. */
export const floor: MakeContestant = (stage) => {
  const calls = new Floor()
  const prepared = preparer(stage)
  return {
    key: "floor",
    prepare: async (turn) => {
      const { all } = await prepared(turn)
      let isUp = false
      return {
        attach: async () => {
          isUp = true
          calls.attach(all)
        },
        detach: async () => {
          calls.detach(all)
          isUp = false
        },
        clear: async () => {
          if (isUp) quietly(() => calls.detach(all))
        }
      }
    }
  }
}

/** The same bytes, sent by a program in C that does nothing else: what JavaScript adds to the floor is the difference. */
export const floorInC =
  (player: Player): MakeContestant =>
  (stage) => {
    const prepared = preparer(stage)
    return {
      key: "floor-c",
      prepare: async (turn) => {
        const { all } = await prepared(turn)
        const [attach, detach] = [attachScript(all), detachScript(all)]
        let isUp = false
        return {
          attach: () => {
            isUp = true
            return player.play(attach)
          },
          detach: async () => {
            const took = await player.play(detach)
            isUp = false
            return took
          },
          clear: async () => {
            if (isUp) await player.play(detach).catch(() => {})
          }
        }
      }
    }
  }

/** What a claim adds to a device that is there: who the guest is, and the way to it. */
const isClaimed = ({ kind, ...resource }: Resource): boolean =>
  ["Address", "Route", "Neighbour"].includes(kind) || ("element" in resource && resource.element._tag === "Guest")

/** A claim on a TAP that was made before the clock runs. */
export const poolFloor: MakeContestant = (stage) => {
  const calls = new Floor()
  const preparing = preparer(stage)
  return {
    key: "pool-floor",
    prepare: async (turn) => {
      const { all: claim, prepared, whole } = await preparing(turn, ({ resources }) => resources.filter(isClaimed))
      const device = prepared(whole.resources.filter((resource) => !isClaimed(resource)))
      calls.attach(device)
      return {
        attach: async () => calls.attach(claim),
        detach: async () => calls.release(claim),
        clear: async () => quietly(() => calls.detach(device))
      }
    }
  }
}
