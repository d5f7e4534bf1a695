import type { Contestant } from "../Contestant.ts"
import type { Subject } from "../results.ts"
import type { World } from "../World.ts"

/** What a contestant is made on. */
export interface Stage {
  readonly subject: Subject
  readonly world: World
  /** The bridge that ports go to; `undefined` where there is none. */
  readonly bridge: string | undefined
}

export type MakeContestant = (stage: Stage) => Contestant
