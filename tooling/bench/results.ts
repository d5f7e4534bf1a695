import type { ContestantKey } from "./Contestant.ts"
import type { Summary } from "./statistics.ts"

/** What is attached and detached. */
export const subjects = ["slot", "tap", "bridge"] as const
export type Subject = (typeof subjects)[number]

/** What is timed: an attach, a detach as seen by its caller, and the same until the last of it is gone. */
export const sides = ["attach", "detach", "gone"] as const
export type Side = (typeof sides)[number]

/** How many times another's, round by round, where both took part in it. */
export type Ratios = Readonly<Partial<Record<Side, Summary>>>

/** One contestant at one population: milliseconds, and what went wrong, one line each. */
export interface Cell {
  readonly subject: Subject
  readonly population: number
  readonly contestant: ContestantKey
  readonly attach: Summary | undefined
  readonly detach: Summary | undefined
  readonly gone: Summary | undefined
  readonly toFloor: Ratios
  readonly toVmnet: Ratios
  readonly failures: ReadonlyArray<string>
}

/** A single figure of the other chapters. */
export interface Figure {
  /** What a target calls it; absent where none is about it. */
  readonly id?: string
  readonly chapter: string
  readonly what: string
  readonly value: number
  readonly unit: string
  /** What the samples scatter by, where there are several. */
  readonly spread?: readonly [p10: number, p90: number]
  readonly note?: string
}

/** What a chapter tells; a part of it where it was cut short. */
export interface ChapterResult {
  readonly cells: ReadonlyArray<Cell>
  readonly figures: ReadonlyArray<Figure>
  readonly problems: ReadonlyArray<string>
}

/** Where and how it was measured. */
export interface Machine {
  readonly kernel: string
  readonly cpus: number
  readonly model: string
  readonly memory: string
  readonly node: string
  /** What else ran: the load of the last minute when it began and when it ended. */
  readonly load: readonly [before: number, after: number]
  readonly date: string
}

export interface Results extends ChapterResult {
  readonly machine: Machine
  /** How long all of it took. */
  readonly minutes: number
}
