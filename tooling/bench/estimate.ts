import type { Chapter, Options } from "./options.ts"

/** Seconds that one VM of a population takes to come and to be reaped, at the size of the largest. */
const each: Readonly<Record<"slot" | "tap" | "bridge", number>> = { slot: 0.03, tap: 0.015, bridge: 0.015 }
/** A process starts, makes a private host, and takes the rounds that do not count. */
const beginning = (samples: number): number => 5 + samples

const secondsOf = (chapter: Chapter, options: Options): number => {
  const { crowd, crowds, populations, roundSeconds, samples, seconds } = options
  switch (chapter) {
    case "slot":
    case "tap":
    case "bridge":
      return beginning(samples) + populations.length * roundSeconds + Math.max(0, ...populations) * each[chapter]
    case "mass":
      return beginning(samples) + 2 * crowds * crowd * each.slot
    case "start":
      return samples * 3
    case "traffic":
      return crowd * each.slot + 24 * (seconds + 1)
  }
}

/** How long a run will take on a machine that does nothing else, rounded up. */
export const minutesOf = (options: Options): number =>
  Math.ceil(options.only.reduce((sum, chapter) => sum + secondsOf(chapter, options), 0) / 60)
