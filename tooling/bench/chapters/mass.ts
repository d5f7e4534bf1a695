import { downId, upId, type Way } from "../figureIds.ts"
import { networkOf } from "../networks.ts"
import type { Options } from "../options.ts"
import type { ChapterResult } from "../results.ts"
import type { World } from "../World.ts"
import { type Crowd, upAndDown, type Wishes } from "./crowd.ts"
import { Figures } from "./figures.ts"
import type { Memory } from "./memory.ts"

/** How many at once. */
const many = 64

type Kind = Wishes["kind"]

const ways = ["one after the other", "together", "at once"] as const

const upWords: Readonly<Record<Way, string>> = {
  "one after the other": "up, one after the other",
  together: "upMany",
  "at once": "up of each, all at once"
}

const downWords: Readonly<Record<Way, string>> = {
  "one after the other": "down, one after the other",
  together: "downMany",
  "at once": "down of each, all at once"
}

const reportUp = (figures: Figures, wishes: Wishes, crowds: ReadonlyArray<Crowd>): void => {
  const { count, kind, up } = wishes
  const took = crowds.map((one) => one.up)
  figures.middle(`${count} ${kind}s, ${upWords[up]}`, took, "ms", { id: upId(wishes, up) })
}

const reportDown = (figures: Figures, wishes: Wishes, crowds: ReadonlyArray<Crowd>): void => {
  const { count, down, kind } = wishes
  const title = `${count} ${kind}s, ${downWords[down]}`
  const [answered, gone] = [crowds.map((one) => one.down), crowds.map((one) => one.gone)]
  figures.middle(`${title}: answered`, answered, "ms", { id: downId(wishes, down, "answered") })
  figures.middle(`${title}: all gone`, gone, "ms", { id: downId(wishes, down, "gone") })
}

const kernel = ({ pages, perCpu, slab }: Memory): number => slab + perCpu + pages

const reportMemory = (figures: Figures, kind: Kind, count: number, crowds: ReadonlyArray<Crowd>): void => {
  const each = (what: string, of: (memory: Memory) => number, note: string): void =>
    figures.middle(
      what,
      crowds.map(({ before, meanwhile }) => (of(meanwhile) - of(before)) / count),
      "KiB",
      { note }
    )
  each(`kernel memory of a ${kind}`, kernel, "slab, per CPU, vmalloc, stacks, page tables of the machine")
  each(
    `memory by what is left, a ${kind}`,
    ({ available }) => -available,
    "MemAvailable: whatever else runs counts too"
  )
  each(`memory of this process, a ${kind}`, ({ process }) => process, "resident; garbage included")
}

/** What went wrong is a problem, and the others go on. */
const crowdsOf = async (figures: Figures, times: number, take: () => Promise<Crowd>): Promise<ReadonlyArray<Crowd>> => {
  const crowds: Array<Crowd> = []
  for (let time = 0; time < times; time++) {
    try {
      crowds.push(await take())
    } catch (cause) {
      figures.problem(`mass: ${cause instanceof Error ? cause.message : String(cause)}`)
    }
  }
  return crowds
}

const compare = async (world: World, figures: Figures, kind: Kind, times: number): Promise<void> => {
  for (const way of ways) {
    const wishes: Wishes = { kind, count: many, up: way, down: way }
    const crowds = await crowdsOf(figures, times, () => upAndDown(world, wishes))
    reportUp(figures, wishes, crowds)
    reportDown(figures, wishes, crowds)
  }
}

/** A crowd of a kind comes together, and goes in both ways that there are for many. */
const crowd = async (world: World, figures: Figures, kind: Kind, { crowd: count, crowds: times }: Options) => {
  const wishes = (down: Way): Wishes => ({ kind, count, up: "together", down })
  const take = (down: Way) => crowdsOf(figures, times, () => upAndDown(world, wishes(down)))
  const [together, atOnce] = [await take("together"), await take("at once")]
  const all = [...together, ...atOnce]
  reportUp(figures, wishes("together"), all)
  reportDown(figures, wishes("together"), together)
  reportDown(figures, wishes("at once"), atOnce)
  reportMemory(figures, kind, count, all)
}

/** Many together against many one after the other, and a crowd; all by `vmnet` in this process. */
export const massChapter = async (world: World, options: Options): Promise<ChapterResult> => {
  const figures = new Figures("mass")
  for (const kind of ["slot", "tap"] as const) {
    await world.up("native", { vm: `anchor-${kind}`, network: networkOf[kind] })
    // Not counted: what it runs is compiled in it.
    for (const way of ways) await upAndDown(world, { kind, count: many, up: way, down: way })
    await compare(world, figures, kind, options.crowds)
    await crowd(world, figures, kind, options)
  }
  return figures.result
}
