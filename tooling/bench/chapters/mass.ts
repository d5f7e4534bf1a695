import { networkOf } from "../networks.ts"
import type { Options } from "../options.ts"
import type { ChapterResult } from "../results.ts"
import type { World } from "../World.ts"
import { type Crowd, upAndDown, type Way } from "./crowd.ts"
import { Figures } from "./figures.ts"
import type { Memory } from "./memory.ts"

/** How many at once. */
const many = 64

type Kind = "slot" | "tap"

/** `up` alone is one way: of those that go at once, all come together. */
const words: Readonly<Record<Way, { readonly up: string; readonly down: string }>> = {
  "one after the other": { up: "up, one after the other", down: "down, one after the other" },
  together: { up: "upMany", down: "downMany" },
  "at once": { up: "upMany", down: "down of each, all at once" }
}

const report = (figures: Figures, kind: Kind, count: number, way: Way, crowds: ReadonlyArray<Crowd>): void => {
  const title = `${count} ${kind}s`
  const id = (what: string): string => `${kind}s.${count}.${way}.${what}`
  const down = `${title}, ${words[way].down}`
  figures.middle(
    `${title}, ${words[way].up}`,
    crowds.map(({ up }) => up),
    "ms",
    { id: id("up") }
  )
  figures.middle(
    `${down}: answered`,
    crowds.map((one) => one.down),
    "ms",
    { id: id("down") }
  )
  figures.middle(
    `${down}: all gone`,
    crowds.map(({ gone }) => gone),
    "ms",
    { id: id("gone") }
  )
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
  each(`kernel memory of a ${kind}`, kernel, "slab, per CPU, vmalloc, stacks, page tables")
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
  for (const way of ["one after the other", "together", "at once"] as const) {
    report(figures, kind, many, way, await crowdsOf(figures, times, () => upAndDown(world, kind, many, way)))
  }
}

/** A crowd of a kind, by both ways to take it down. */
const crowd = async (world: World, figures: Figures, kind: Kind, { crowd: count, crowds: times }: Options) => {
  const all: Array<Crowd> = []
  for (const way of ["together", "at once"] as const) {
    const some = await crowdsOf(figures, times, () => upAndDown(world, kind, count, way))
    report(figures, kind, count, way, some)
    all.push(...some)
  }
  reportMemory(figures, kind, count, all)
}

/** Many together against many one after the other, and a crowd; all by `vmnet` in this process. */
export const massChapter = async (world: World, options: Options): Promise<ChapterResult> => {
  const figures = new Figures("mass")
  for (const kind of ["slot", "tap"] as const) {
    await world.up("native", { vm: `anchor-${kind}`, network: networkOf[kind] })
    // Not counted: what it runs is compiled in it.
    await upAndDown(world, kind, many, "one after the other")
    await compare(world, figures, kind, options.crowds)
    await crowd(world, figures, kind, options)
  }
  return figures.result
}
